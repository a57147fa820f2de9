#include "commands/run.hpp"

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "commands/service.hpp"
#include "commands/signals.hpp"
#include "config/url.hpp"
#include "config/validation.hpp"
#include "net/http_server.hpp"
#include "observability/dashboard.hpp"
#include "observability/health.hpp"
#include "observability/log.hpp"
#include "observability/observers.hpp"
#include "observability/tap.hpp"
#include "observability/tap_server.hpp"

namespace millrace {
namespace {

constexpr Duration kHousekeeping{1000};

HttpResponse answer(const Health::Report& report) {
  return {report.status, "application/json", report.body + "\n"};
}

std::optional<HttpServer> serve(const HttpConfig& config, const Health& health, TapServer& tap) {
  if (config.listen.empty()) return std::nullopt;
  HttpServerOptions options;
  options.listen = parse_listen(config.listen);
  options.token = config.token;
  HttpRoutes routes;
  routes["/livez"].get = [&health] { return answer(health.live()); };
  routes["/readyz"].get = [&health] { return answer(health.ready()); };
  routes["/tap"] = tap.route();
  add_dashboard(routes);
  options.closing = [&tap] { tap.close(); };
  return std::make_optional<HttpServer>(std::move(options), std::move(routes));
}

// What an operator wants to see first; `print-config` tells the rest.
void announce(const Config& config, const std::optional<HttpServer>& http, Observer& observer) {
  const auto say = [&observer](Severity severity, const std::string& text) {
    observer.notice({severity, "millrace", text});
  };
  std::string from = config.source.url;
  for (const auto& topic : config.source.topics) {
    if (is_mqtt(parse_url(config.source.url, End::source).scheme)) from += " " + topic;
  }
  std::string to = config.sink.url;
  if (is_mqtt(parse_url(config.sink.url, End::sink).scheme)) to += " " + config.sink.topic;
  say(Severity::info, "from " + from + " to " + to + ", " +
                          std::to_string(config.processing.workers) + " workers, at most " +
                          std::to_string(config.limits.in_flight) + " events in flight");
  if (http) {
    const auto address = http->address();
    say(Severity::info,
        "health at http://" + address.host + ":" + std::to_string(address.port) + "/readyz");
  }
  for (const auto& warning : warnings(config)) say(Severity::warning, warning);
}

}  // namespace

int run(const Config& config, bool accept_backlog, ProcessorPtr processor) {
  std::optional<Spawner> spawner;
  if (!processor && config.processing.type == ProcessingType::exec) {
    spawner.emplace(config.processing);
  }
  Log log(config.log);
  Health health;
  Tap tap(config.http.tap);
  TapServer tap_server(tap, config.http);
  Observers observers({&health, &log, &tap});
  auto http = serve(config.http, health, tap_server);
  announce(config, http, observers);
  Service service(config, observers,
                  {.accept_backlog = accept_backlog,
                   .processor = std::move(processor),
                   .spawner = spawner ? &*spawner : nullptr});
  service.every(kHousekeeping, [&health, &log] {
    health.beat();
    log.report_left_out();
  });
  const Signals signals([&service] { service.request_stop(); });
  const Control::End end = service.run();
  log.report_left_out();
  if (!end.orderly) std::_Exit(static_cast<int>(end.code));
  return static_cast<int>(end.code);
}

}  // namespace millrace
