#include "commands/print_config.hpp"

#include <ostream>

#include "config/listing.hpp"

namespace millrace {

int print_config(const Config& config, std::ostream& out) {
  for (const ListedValue& listed : list_config(config)) {
    out << listed.path << " = " << listed.value << "  # " << listed.variable << '\n';
  }
  return 0;
}

}  // namespace millrace
