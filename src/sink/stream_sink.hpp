// The sink `stdout:`, and dead letters on stderr.
#pragma once

#include <string>

#include "millrace/config.hpp"
#include "millrace/sink.hpp"

namespace millrace {

/// Writes outcomes to a descriptor, one a line: a result as it is or, with `envelope`, as the JSON
/// object of `event/envelope.hpp`; a rejected or failed one as the JSON object of
/// `event/dead_letter.hpp`. Lines of up to 4096 bytes are written whole.
///
/// Confirmed means: written. A reader that is slow delays that and nothing else. A full disk is
/// waited for; after any other error (a closed pipe) `Deliveries::failed` is told.
/// Threads: one of its own, on which `Deliveries` is called.
/// Errors: throws `std::system_error` (no descriptor left).
/// Lifetime: `fd` stays open as long as the sink; it is not closed. SIGPIPE is ignored.
[[nodiscard]] SinkPtr make_stream_sink(int fd, const std::string& name, bool envelope);

[[nodiscard]] SinkPtr make_stdout_sink(const SinkConfig& config);
[[nodiscard]] SinkPtr make_stderr_dead_letter_sink();

}  // namespace millrace
