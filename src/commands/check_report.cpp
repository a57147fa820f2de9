#include "commands/check_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

namespace millrace {

bool CheckedConnection::ok() const {
  return std::all_of(steps.begin(), steps.end(), [](const ConnectStep& step) { return step.ok; });
}

void print_check_lines(const std::vector<CheckedConnection>& all, std::ostream& out,
                       std::ostream& err) {
  constexpr std::size_t kColumn = 10;
  for (const CheckedConnection& checked : all) {
    const std::string name = checked.name + ' ' + checked.url + ": ";
    out << name << (checked.ok() ? "ok" : "FAILED") << '\n';
    std::string failures;
    for (const ConnectStep& step : checked.steps) {
      const std::string gap(step.name.size() < kColumn ? kColumn - step.name.size() : 1, ' ');
      out << "  " << step.name << gap << (step.ok ? "" : "FAILED: ") << step.detail << '\n';
      if (!step.ok) failures += name + step.name + ": " + step.detail + '\n';
    }
    out << std::flush;
    err << failures << std::flush;
  }
}

void print_check_json(const std::vector<CheckedConnection>& all, std::ostream& out) {
  using Json = nlohmann::ordered_json;
  Json connections = Json::array();
  for (const CheckedConnection& checked : all) {
    Json steps = Json::array();
    for (const ConnectStep& step : checked.steps) {
      steps.push_back({{"step", step.name}, {"ok", step.ok}, {"detail", step.detail}});
    }
    connections.push_back({{"name", checked.name},
                           {"url", checked.url},
                           {"ok", checked.ok()},
                           {"steps", std::move(steps)}});
  }
  const bool ok = std::all_of(all.begin(), all.end(), [](const auto& each) { return each.ok(); });
  const Json report = {{"ok", ok}, {"connections", std::move(connections)}};
  out << report.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace millrace
