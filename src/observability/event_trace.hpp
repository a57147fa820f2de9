// EventTrace: an event's way through millrace, with the time of each step.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "millrace/frame.hpp"

namespace millrace {

/// Which way an event ended.
enum class Fate { result, filtered, rejected, failed };

/// Where a fate other than a result comes from.
enum class Origin {
  processor,  ///< it said so
  timeout,    ///< the last attempt had passed its deadline
  framing,    ///< the bytes are no frame
  duplicate,  ///< dropped by `source.dedupe`
  result,     ///< what the processor answered may not be sent: too large, or its topic
  crash,      ///< the process crashed in every attempt
  receiver    ///< its receiver refused it for its own sake
};

/// One event that nothing more is owed for. Times are in the order of their names; a step that was
/// left out has the time of the one before it.
struct EventTrace {
  using Clock = std::chrono::steady_clock;

  std::uint64_t number = 0;  ///< its place in the order
  EventId id;
  std::string stream;
  Fate fate = Fate::result;
  Origin origin = Origin::processor;  ///< where `fate` is not `result`
  bool dropped = false;               ///< rejected or failed, and no dead letter was sent
  std::string cause;                  ///< of a rejected or failed one; why one was filtered
  unsigned worker = 0;                ///< of its last attempt
  unsigned attempts = 0;              ///< 0: never processed
  std::size_t bytes_in = 0;           ///< of the frame
  std::size_t bytes_out = 0;          ///< of the result
  std::chrono::system_clock::time_point received;
  Clock::time_point cut;           ///< framed and numbered
  Clock::time_point started;       ///< its first attempt
  Clock::time_point last_started;  ///< its last attempt
  Clock::time_point finished;      ///< its last attempt
  Clock::time_point emitted;       ///< its turn has come
  Clock::time_point confirmed;
};

}  // namespace millrace
