#include "commands/metrics.hpp"

#include <ostream>

#include "observability/metrics.hpp"

namespace millrace {

int metrics(const MetricsArguments& arguments, std::ostream& out) {
  if (arguments.markdown) {
    out << metrics_markdown();
    return 0;
  }
  for (const MetricInfo& each : metric_list()) {
    out << each.name << ' ' << each.type << ": " << each.help << '\n';
  }
  return 0;
}

}  // namespace millrace
