// Chunk and Cut: what a source hands in, before anything is known about frames.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "millrace/payload.hpp"

namespace millrace {

/// What an MQTT 5 PUBLISH says about its payload and an emitted result repeats (MQTT 5, 3.3.2.3).
struct Properties {
  std::string content_type;
  std::string correlation_data;  ///< bytes, not text
  std::string response_topic;
  std::optional<std::uint32_t> message_expiry;  ///< seconds
  bool utf8_payload = false;                    ///< payload format indicator 1
  std::vector<std::pair<std::string, std::string>> user;
};

/// Some bytes of one stream, as they came: an MQTT message, a WebSocket message, one read of a
/// connection. Chunks of one stream are in order; chunks of different streams interleave.
struct Chunk {
  /// The topic, or the key of a connection; never reused for another one without a cut between.
  std::string stream;
  Payload bytes;
  std::shared_ptr<const Properties> properties;  ///< null where there are none
  std::chrono::system_clock::time_point received;
  bool redelivered = false;  ///< MQTT DUP: this *may* be a repeat (MQTT 5, 3.3.1.1)
};

/// Position of an entry in the journal: dense, from 0, never reused within an epoch.
using Offset = std::uint64_t;

/// A place in the journal between two frames.
struct Point {
  Offset offset = 0;        ///< of the chunk
  std::uint64_t byte = 0;   ///< bytes of that chunk before this place
  std::uint32_t index = 0;  ///< frames that start in that chunk before this place

  friend auto operator<=>(const Point&, const Point&) = default;
};

/// Why a stream ended, or begins afresh, where its bytes alone do not say so.
enum class CutCause { closed, timed_out };

/// A stream ends here; what it leaves inside a frame becomes one dead letter. It is an entry of the
/// journal like a chunk, so that a replay makes the same frames and ids.
struct Cut {
  std::string stream;
  CutCause cause = CutCause::closed;
  /// Last entry of the stream that had been read when the cut was decided; a `timed_out` cut is
  /// void where the stream has been continued since.
  Offset last_read = 0;
};

}  // namespace millrace
