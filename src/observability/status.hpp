// Status: the figures as one JSON object.
#pragma once

#include <string>

#include "millrace/config.hpp"
#include "observability/health.hpp"
#include "observability/report.hpp"

namespace millrace {

/// What /status answers: counts and seconds since the start, rates over the last 10 s, percentiles
/// over the last minute; a part that is not there is null.
[[nodiscard]] std::string status_json(const Report& report, const Config& config,
                                      const Health& health, const std::string& version);

}  // namespace millrace
