// A file's bytes.
#pragma once

#include <string>
#include <system_error>

namespace millrace {

/// Reads a whole file; at most 16 MiB, which no configuration needs. Errors: as the system names
/// them; `std::errc::file_too_large` beyond the limit.
[[nodiscard]] std::error_code read_file(const std::string& path, std::string& bytes);

}  // namespace millrace
