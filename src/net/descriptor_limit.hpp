// How many descriptors the process may have.
#pragma once

#include <cstdint>

namespace millrace {

/// Raises the soft limit of open descriptors (RLIMIT_NOFILE) to `wanted`, as far as the hard limit
/// allows; never lowers it. What it is then.
///
/// Threads: any; it is the whole process's.
std::uint64_t allow_descriptors(std::uint64_t wanted) noexcept;

}  // namespace millrace
