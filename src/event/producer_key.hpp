// ProducerKey: the name that a producer gave to an event.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event/json_pointer.hpp"
#include "millrace/frame.hpp"

namespace millrace {

/// Where an event's key stands, as `source.dedupe.key` says it: `property:NAME`, an MQTT 5 user
/// property of the message in which the event starts (the first of that name), or `pointer:/JSON`,
/// a value in its payload (see `JsonPointer::find`).
///
/// Threads: immutable.
class ProducerKey {
 public:
  /// Throws `std::invalid_argument`.
  explicit ProducerKey(std::string_view text);

  /// The event's key. Nothing where it has none; an empty one or null names nothing, and is none.
  [[nodiscard]] std::optional<std::string> of(const Frame& frame) const;

  /// True where a message has the key, so that all events that start in it have the same.
  [[nodiscard]] bool of_message() const noexcept { return !pointer_; }

 private:
  std::string property_;
  std::optional<JsonPointer> pointer_;
};

}  // namespace millrace
