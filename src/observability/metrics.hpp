// Metrics: the figures as Prometheus reads them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "observability/report.hpp"

namespace millrace {

/// What is known of a metric beside its values.
struct MetricInfo {
  std::string_view name;
  std::string_view type;    ///< `counter`, `gauge` or `histogram`
  std::string_view labels;  ///< `a` (values) …; empty where there are none
  std::string_view help;
};

/// What stands beside the figures.
struct MetricContext {
  std::string version;
  bool live = true;
  bool ready = true;
  std::uint64_t in_flight_limit = 0;
  std::uint64_t in_flight_bytes_limit = 0;
};

/// All there are, in the order in which they are written.
[[nodiscard]] const std::vector<MetricInfo>& metric_list();

/// The README's table.
[[nodiscard]] std::string metrics_markdown();

/// Prometheus' text format, version 0.0.4. Metrics without a value now (such as those of a fan-out
/// that is not there) are left out.
[[nodiscard]] std::string metrics_text(const Report& report, const MetricContext& context);

}  // namespace millrace
