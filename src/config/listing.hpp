// A Config as a list of its values.
#pragma once

#include <string>
#include <vector>

#include "millrace/config.hpp"

namespace millrace {

struct ListedValue {
  std::string path;      ///< `source.url`
  std::string variable;  ///< `MILLRACE_SOURCE_URL`
  std::string value;     ///< as JSON; a secret that is set as `"***"`
};

/// All values in the order of the schema.
[[nodiscard]] std::vector<ListedValue> list_config(const Config& config);

}  // namespace millrace
