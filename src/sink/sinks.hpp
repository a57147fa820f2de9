// Which sinks a configuration asks for.
#pragma once

#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/scheduler.hpp"
#include "millrace/sink.hpp"

namespace millrace {

/// The sink that `sink.url` names. Over MQTT it takes dead letters too.
///
/// Errors: throws `std::runtime_error`, one line, where it cannot work.
/// Lifetime: `control` and `observer` outlive it.
[[nodiscard]] SinkPtr make_result_sink(const Config& config, Scheduler& control,
                                       Observer& observer);

/// Where dead letters go when the results' sink does not take them: to the broker that the source
/// reads from, or to stderr where there is none. Null when the results' sink takes them.
[[nodiscard]] SinkPtr make_dead_letter_sink(const Config& config, Scheduler& control,
                                            Observer& observer);

}  // namespace millrace
