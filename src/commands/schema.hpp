// millrace schema
#pragma once

#include <iosfwd>

namespace millrace {

struct SchemaArguments {
  bool markdown = false;  ///< the README's table instead
};

/// Prints the JSON Schema of the configuration. The exit code is 0.
[[nodiscard]] int schema(const SchemaArguments& arguments, std::ostream& out);

}  // namespace millrace
