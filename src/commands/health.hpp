// millrace health
#pragma once

#include <iosfwd>

#include "millrace/config.hpp"

namespace millrace {

struct HealthArguments {
  bool ready = false;  ///< ask /readyz instead of /livez
};

/// Asks the running millrace at `http.listen`, with `http.token`, and prints what it answers.
/// The exit code: 0 where that is 200, else 1.
[[nodiscard]] int health(const HealthArguments& arguments, const Config& config, std::ostream& out,
                         std::ostream& err);

}  // namespace millrace
