// millrace demo
#pragma once

#include <iosfwd>

#include "commands/demo_view.hpp"

namespace millrace {

/// Slow work on every event of a steady stream, live: a real millrace between a generator and
/// `out`. The exit code, that of the run.
///
/// `block_signals` has been called. `out` is what descriptor 1 is, and in colour where that is a
/// terminal and NO_COLOR (no-color.org) is not set.
[[nodiscard]] int demo(const DemoArguments& arguments, std::ostream& out);

}  // namespace millrace
