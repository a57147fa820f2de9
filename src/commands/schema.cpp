#include "commands/schema.hpp"

#include <ostream>

#include "config/markdown.hpp"
#include "config/schema_text.hpp"

namespace millrace {

int schema(const SchemaArguments& arguments, std::ostream& out) {
  if (arguments.markdown) {
    out << schema_markdown();
  } else {
    out << schema_text();
  }
  return 0;
}

}  // namespace millrace
