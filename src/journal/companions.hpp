// Companions: files that others keep in the journal's folder, and that make sense only beside it.
#pragma once

#include <string_view>

namespace millrace {

/// They belong to one journal by its epoch, and go where it goes. Begins of their names:
inline constexpr std::string_view kCrashPrefix = "crash-";
inline constexpr std::string_view kDedupePrefix = "dedupe-";

[[nodiscard]] constexpr bool is_companion(std::string_view name) noexcept {
  return name.starts_with(kCrashPrefix) || name.starts_with(kDedupePrefix);
}

}  // namespace millrace
