// What the tap says and is asked, as text.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "observability/tap_queue.hpp"

namespace millrace {

/// One moment on both clocks, by which a trace's times become times of day.
struct TapMoment {
  EventTrace::Clock::time_point steady = EventTrace::Clock::now();
  std::chrono::system_clock::time_point system = std::chrono::system_clock::now();
};

/// A JSON object. All have `stage`, `stream`, `bytes_in`, `received` and `left_out`; frames and
/// outcomes `event`, `number`, `cut`; chunks `redelivered`; frames `defect`; outcomes `kind`,
/// `cause`, `dropped`, `worker` (null where it was never processed), `attempts`, `bytes_out`,
/// `started`, `last_started`, `finished`, `emitted`, `confirmed`. Times are seconds since the
/// epoch. With `payload`, its beginning as `payload` and `encoding` (`utf8` or `base64`).
[[nodiscard]] std::string tap_message(TapStage stage, const TapSample& sample, bool payload,
                                      const TapMoment& now);

/// `/tap?stage=frames&stream=…&payloads=1`, each part escaped.
[[nodiscard]] std::string tap_target(const TapWish& wish);

/// Reads such a target, of whatever path. The alternative says what is wrong with it.
[[nodiscard]] std::variant<TapWish, std::string> parse_tap_target(std::string_view target);

}  // namespace millrace
