// millrace tap
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>

#include "millrace/config.hpp"
#include "observability/tap_client.hpp"

namespace millrace {

struct TapArguments {
  TapWish wish;
  std::uint64_t limit = 0;  ///< lines; 0: until stopped
  bool json = false;        ///< the messages as they come
};

/// Shows the events of the running millrace at `http.listen`, a line each, until the limit, a
/// signal, or the end of either side. The exit code: 0, or 1 where it could not begin or was cut
/// off.
///
/// `while_running`, where given, is called with what stops it, before it begins.
[[nodiscard]] int tap(const TapArguments& arguments, const Config& config, std::ostream& out,
                      std::ostream& err,
                      const std::function<void(std::function<void()>)>& while_running = {});

/// A message of the tap as a line for people; as it is where it cannot be read.
[[nodiscard]] std::string tap_line(const std::string& message);

}  // namespace millrace
