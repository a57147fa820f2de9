// The configuration against its JSON Schema.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

namespace millrace {

/// Paths (`source.qos`) of the values that the schema does not allow, or of the object around them.
[[nodiscard]] std::set<std::string> schema_violations(const nlohmann::json& document);

}  // namespace millrace
