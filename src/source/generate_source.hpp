// The source `generate:`.
#pragma once

#include "config/url.hpp"
#include "millrace/source.hpp"

namespace millrace {

/// Hands in the numbers 1, 2, 3 … as decimal text, one chunk each, as the stream `generate`: one at
/// the end of every interval, with interval 0 as fast as they are taken. After a pause it goes on
/// where it was, without hurry.
///
/// Threads: one of its own, on which it calls `Intake::chunk`, `cut` and `ended`.
[[nodiscard]] SourcePtr make_generate_source(const GenerateQuery& query);

}  // namespace millrace
