// The source `stdin:`.
#pragma once

#include <unistd.h>

#include "millrace/source.hpp"

namespace millrace {

/// Hands in what can be read from a descriptor, as the stream `stdin`, block by block. It begins
/// with a cut: the input of an earlier process has ended, wherever it was.
///
/// While it is paused at most one block has been read and waits; it is handed in at the resume. At
/// the end of the input the stream is cut and the source has ended; also when a read fails, or the
/// bytes cannot be framed any further, and then it says so.
/// Threads: reads on one of its own, on which it calls `Intake::chunk`, `cut` and `ended`.
/// Errors: throws `std::system_error` (no descriptor left).
/// Lifetime: `fd` stays open as long as the source; it is not closed.
[[nodiscard]] SourcePtr make_stdin_source(int fd = STDIN_FILENO);

}  // namespace millrace
