#include "dedupe/dedupe.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "millrace/processor.hpp"

namespace millrace {

Dedupe::Dedupe(const DedupeConfig& config, unsigned span)
    : key_(config.key), setting_(config.key + '\0'), keys_(std::size_t{config.window} + span) {}

Dedupe::Dedupe(const DedupeConfig& config, unsigned span, Folder folder,
               const KeyLogOptions& options)
    : Dedupe(config, span) {
  log_ = std::make_unique<KeyLog>(std::move(folder), options, keys_);
}

bool Dedupe::is_duplicate(const Frame& frame) {
  const auto key = key_.of(frame);
  if (!key) return false;
  const auto digest = digest_of(*key);
  if (!digest) return false;
  const SeenKey mine{*digest, frame.id.offset, frame.id.index};
  if (const auto* first = keys_.find(mine.digest)) {
    if (key_.of_message()) return first->offset != mine.offset;
    return *first != mine;
  }
  keys_.add(mine);
  if (log_) log_->add(mine);
  return false;
}

// A digest that cannot be forged: two keys that met here would cost an event.
std::optional<KeyDigest> Dedupe::digest_of(const std::string& key) const {
  const auto computed = digester_.compute(setting_ + key, Attempt{});
  const auto* bytes = std::get_if<std::string>(&computed);
  if (bytes == nullptr) return std::nullopt;
  KeyDigest digest{};
  std::copy_n(bytes->begin(), digest.size(), digest.begin());
  return digest;
}

}  // namespace millrace
