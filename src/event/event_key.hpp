// EventKey: which events keep their order among each other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event/producer_key.hpp"
#include "millrace/frame.hpp"

namespace millrace {

/// Where an event's key stands, as `processing.key` says it: `topic` or `connection`, both of which
/// are its stream, or as `source.dedupe.key` does (see `ProducerKey`). An event that has no such
/// key goes by its stream; no stream has the key of an event that has one.
///
/// Threads: immutable.
class EventKey {
 public:
  /// Throws `std::invalid_argument`.
  explicit EventKey(std::string_view text);

  /// Writes the event's key over `key`, whose memory is used again.
  void of(const Frame& frame, std::string& key) const;

  /// True where the key is a user property, which only MQTT 5 has.
  [[nodiscard]] bool is_property() const noexcept { return producer_ && producer_->of_message(); }

 private:
  std::optional<ProducerKey> producer_;  // nothing: the stream
};

}  // namespace millrace
