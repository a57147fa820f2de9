// The files of the dashboard, as they were when the program was built.
#pragma once

#include <span>
#include <string_view>

namespace millrace {

struct DashboardFile {
  std::string_view path;  ///< where it is served
  std::string_view type;  ///< its media type
  std::string_view text;
};

[[nodiscard]] std::span<const DashboardFile> dashboard_files() noexcept;

}  // namespace millrace
