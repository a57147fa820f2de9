// EventId and Frame: one event, cut off its stream and numbered.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "millrace/chunk.hpp"
#include "millrace/payload.hpp"

namespace millrace {

/// Names one event for ever: the same after a replay, never given to two events.
/// Text form `<epoch>-<offset>.<index>`, epoch in eight lower-case hex digits
/// (`event/event_id.hpp`).
struct EventId {
  std::uint32_t epoch = 0;  ///< random, made with the journal
  Offset offset = 0;        ///< of the chunk in which the frame starts
  std::uint32_t index = 0;  ///< among the frames that start in that chunk

  friend auto operator<=>(const EventId&, const EventId&) = default;
};

/// One event. Immutable once cut, and shared by every stage it passes.
struct Frame {
  std::uint64_t number = 0;  ///< dense from 0 in this process: the order of the events
  EventId id;
  std::string stream;
  Payload raw;      ///< all bytes of the frame as they came, header and delimiter included
  Payload payload;  ///< what the work is about, a slice of `raw`
  Payload digest;   ///< value of the header's `digest` field; empty where the framing has none
  std::shared_ptr<const Properties> properties;    ///< of the chunk in which it starts, or null
  std::chrono::system_clock::time_point received;  ///< of the chunk in which it starts
  std::chrono::steady_clock::time_point cut;       ///< when framing cut it: latency is from here
  bool redelivered = false;                        ///< any of its chunks was
  bool duplicate = false;  ///< its producer's key came under another event id; never processed
  std::string defect;      ///< not empty: these bytes are no frame, and why; never processed
};

using FramePtr = std::shared_ptr<const Frame>;

}  // namespace millrace
