// Dedupe: tells events that their producer has sent before.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "dedupe/key_log.hpp"
#include "dedupe/seen_keys.hpp"
#include "event/producer_key.hpp"
#include "millrace/config.hpp"
#include "millrace/frame.hpp"
#include "processing/digester.hpp"

namespace millrace {

/// The window of `source.dedupe`. It remembers at least the last `window` keys, and `span` more, so
/// that what a restart works on again is decided as it was before; see FORMAT.md.
///
/// Threads: `is_duplicate` by one at a time (framing); `flush` by one at a time.
/// Errors: see `KeyLog`; the constructors throw `std::invalid_argument` for a key that is none.
class Dedupe {
 public:
  /// In memory.
  Dedupe(const DedupeConfig& config, unsigned span);

  /// In the folder of a journal.
  Dedupe(const DedupeConfig& config, unsigned span, Folder folder, const KeyLogOptions& options);

  /// True where another event came with this event's key before. An event is no duplicate of
  /// itself, and those that start in one message are not of each other where the message has the
  /// key.
  [[nodiscard]] bool is_duplicate(const Frame& frame);

  /// Makes durable what has been decided so far.
  [[nodiscard]] std::error_code flush() { return log_ ? log_->flush() : std::error_code{}; }

 private:
  [[nodiscard]] std::optional<KeyDigest> digest_of(const std::string& key) const;

  const ProducerKey key_;
  const std::string setting_;
  const Digester digester_{DigestAlgorithm::sha256, 1};
  SeenKeys keys_;
  std::unique_ptr<KeyLog> log_;  // null in memory
};

}  // namespace millrace
