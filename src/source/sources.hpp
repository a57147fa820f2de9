// Which source a configuration asks for.
#pragma once

#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/scheduler.hpp"
#include "millrace/source.hpp"

namespace millrace {

/// The source that `source.url` names.
///
/// Errors: throws `std::runtime_error`, one line, where it cannot work.
/// Lifetime: `control` and `observer` outlive it.
[[nodiscard]] SourcePtr make_source(const Config& config, Scheduler& control, Observer& observer);

}  // namespace millrace
