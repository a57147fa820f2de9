// millrace check
#pragma once

#include <functional>
#include <iosfwd>

#include "millrace/config.hpp"

namespace millrace {

/// Prints `ok` for a configuration that could be loaded, and on `err` a line for each warning.
/// `connect`, where there is one, is called in between (`--connect`): where it answers anything but
/// 0, that is the exit code, and `ok` is not printed.
[[nodiscard]] int check(const Config& config, std::ostream& out, std::ostream& err,
                        const std::function<int(const Config&)>& connect = {});

}  // namespace millrace
