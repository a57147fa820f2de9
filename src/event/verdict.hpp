// What a verdict says.
#pragma once

#include <string>
#include <variant>

#include "millrace/outcome.hpp"

namespace millrace {

/// Why there is no result; null where there is one, or none by intent. Lifetime: the verdict's.
[[nodiscard]] inline const std::string* cause_of(const Verdict& verdict) noexcept {
  if (const auto* rejected = std::get_if<Rejected>(&verdict)) return &rejected->cause;
  if (const auto* failed = std::get_if<Failed>(&verdict)) return &failed->cause;
  return nullptr;
}

}  // namespace millrace
