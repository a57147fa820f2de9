#include "event/producer_key.hpp"

#include <stdexcept>
#include <utility>

namespace millrace {
namespace {

constexpr std::string_view kProperty = "property:";
constexpr std::string_view kPointer = "pointer:";
constexpr std::string_view kEmptyText = "s";

}  // namespace

ProducerKey::ProducerKey(std::string_view text) {
  if (text.starts_with(kPointer)) {
    pointer_.emplace(text.substr(kPointer.size()));
  } else if (text.starts_with(kProperty) && text.size() > kProperty.size()) {
    property_ = text.substr(kProperty.size());
  } else {
    throw std::invalid_argument("it is property: with a name, or pointer: with a JSON pointer");
  }
}

std::optional<std::string> ProducerKey::of(const Frame& frame) const {
  if (pointer_) {
    auto key = pointer_->find(frame.payload.view());
    const bool usable = key && *key != kEmptyText;
    return usable ? std::move(key) : std::nullopt;
  }
  if (!frame.properties) return std::nullopt;
  for (const auto& [name, value] : frame.properties->user) {
    if (name == property_) return value.empty() ? std::nullopt : std::optional(value);
  }
  return std::nullopt;
}

}  // namespace millrace
