#include "commands/run.hpp"

#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "commands/reload.hpp"
#include "commands/service.hpp"
#include "commands/signals.hpp"
#include "commands/startup.hpp"
#include "config/validation.hpp"
#include "net/http_server.hpp"
#include "observability/health.hpp"
#include "observability/log.hpp"
#include "observability/observers.hpp"

namespace millrace {
namespace {

constexpr Duration kHousekeeping{1000};

HttpResponse answer(const Health::Report& report) {
  return {report.status, "application/json", report.body + "\n"};
}

std::optional<HttpServer> serve(const HttpConfig& config, const Health& health) {
  if (config.listen.empty()) return std::nullopt;
  HttpServerOptions options;
  options.listen = parse_listen(config.listen);
  options.token = config.token;
  HttpRoutes routes;
  routes["/livez"].get = [&health] { return answer(health.live()); };
  routes["/readyz"].get = [&health] { return answer(health.ready()); };
  return std::make_optional<HttpServer>(std::move(options), std::move(routes));
}

void announce(const Config& config, const std::optional<HttpServer>& http, Observer& observer) {
  const auto say = [&observer](Severity severity, const std::string& text) {
    observer.notice({severity, "millrace", text});
  };
  for (const auto& line : startup_lines(config)) say(Severity::info, line);
  if (http) {
    const auto address = http->address();
    say(Severity::info,
        "health at http://" + address.host + ":" + std::to_string(address.port) + "/readyz");
  }
  for (const auto& warning : warnings(config)) say(Severity::warning, warning);
}

}  // namespace

int run(const Config& config, bool accept_backlog, std::function<Config()> load,
        ProcessorPtr processor) {
  std::optional<Spawner> spawner;
  if (!processor && config.processing.type == ProcessingType::exec) {
    spawner.emplace(config.processing);
  }
  Log log(config.log);
  Health health;
  Observers observers({&health, &log});
  auto http = serve(config.http, health);
  announce(config, http, observers);
  Service service(config, observers,
                  {.accept_backlog = accept_backlog,
                   .processor = std::move(processor),
                   .spawner = spawner ? &*spawner : nullptr,
                   .condition = [&health] { return health.condition(); },
                   .version = MILLRACE_VERSION});
  service.every(kHousekeeping, [&health, &log] {
    health.beat();
    log.report_left_out();
  });
  Reload reload(config,
                {.load = std::move(load),
                 .set_log_level = [&log](LogLevel level) { log.set_level(level); },
                 .reload_tls = [&service](const Config& read) { service.reload_tls(read); }},
                observers);
  const Signals signals([&service] { service.request_stop(); }, [&reload] { reload(); });
  const Control::End end = service.run();
  log.report_left_out();
  if (!end.orderly) std::_Exit(static_cast<int>(end.code));
  return static_cast<int>(end.code);
}

}  // namespace millrace
