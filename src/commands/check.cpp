#include "commands/check.hpp"

#include <ostream>
#include <string>

#include "config/validation.hpp"

namespace millrace {

int check(const Config& config, std::ostream& out, std::ostream& err,
          const std::function<int(const Config&)>& connect) {
  for (const std::string& warning : warnings(config)) err << "warning: " << warning << '\n';
  const int code = connect ? connect(config) : 0;
  if (code == 0) out << "ok\n";
  return code;
}

}  // namespace millrace
