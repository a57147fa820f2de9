#include "event/event_key.hpp"

#include <stdexcept>

namespace millrace {
namespace {

constexpr char kOwn = 'k';
constexpr char kStream = 's';

}  // namespace

EventKey::EventKey(std::string_view text) {
  if (text == "topic" || text == "connection") return;
  if (!text.starts_with("property:") && !text.starts_with("pointer:")) {
    throw std::invalid_argument("it is topic or connection, or begins with property: or pointer:");
  }
  producer_.emplace(text);
}

void EventKey::of(const Frame& frame, std::string& key) const {
  if (producer_) {
    if (const auto own = producer_->of(frame)) {
      key.assign(1, kOwn).append(*own);
      return;
    }
  }
  key.assign(1, kStream).append(frame.stream);
}

}  // namespace millrace
