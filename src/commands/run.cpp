#include "commands/run.hpp"

#include <malloc.h>

#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands/reload.hpp"
#include "commands/service.hpp"
#include "commands/signals.hpp"
#include "commands/startup.hpp"
#include "config/validation.hpp"
#include "net/http_server.hpp"
#include "observability/dashboard.hpp"
#include "observability/event_tracker.hpp"
#include "observability/figures.hpp"
#include "observability/health.hpp"
#include "observability/log.hpp"
#include "observability/metrics.hpp"
#include "observability/observers.hpp"
#include "observability/status.hpp"
#include "observability/tap.hpp"
#include "observability/tap_server.hpp"

namespace millrace {
namespace {

constexpr Duration kHousekeeping{1000};

// Payloads are large, live for a moment, and are freed by another thread than the one that took
// them. As it comes, glibc gives their pages back at each lull and has the kernel clear others for
// the next ones, and keeps a heap for every thread: a tenth of the CPU time of packets of 1 MiB,
// and half as much memory again (mallopt(3)).
void keep_memory() noexcept {
  constexpr int kKept = 64 << 20;
  ::mallopt(M_ARENA_MAX, 2);
  ::mallopt(M_TRIM_THRESHOLD, kKept);
  ::mallopt(M_MMAP_THRESHOLD, kKept / 2);
}

HttpResponse answer(const Health::Report& report) {
  return {report.status, "application/json", report.body + "\n"};
}

// What watches the run, and what it answers those who ask.
struct Monitor {
  explicit Monitor(const Config& configured)
      : config(configured),
        figures(configured.processing.workers),
        tap(configured.http.tap),
        tap_server(tap, configured.http),
        tracker({[this](const EventTrace& trace) { figures.done(trace); },
                 [this](const EventTrace& trace) { tap.finished(trace); }}) {}

  // Without anybody who can ask, nothing is counted.
  std::vector<Observer*> observers() {
    if (config.http.listen.empty()) return {&health};
    return {&health, &tap, &tracker, &figures};
  }

  HttpResponse metrics() const {
    const MetricContext context{.version = MILLRACE_VERSION,
                                .live = health.live().status == 200,
                                .ready = health.ready().status == 200,
                                .in_flight_limit = config.limits.in_flight,
                                .in_flight_bytes_limit = config.limits.in_flight_bytes};
    return {200, "text/plain; version=0.0.4; charset=utf-8",
            metrics_text(figures.report(tracker.in_flight()), context)};
  }

  HttpResponse status() const {
    const Report report = figures.report(tracker.in_flight(), tracker.under_way(kUnderWayShown));
    return {200, "application/json", status_json(report, config, health, MILLRACE_VERSION) + "\n"};
  }

  const Config& config;
  Health health;
  Figures figures;
  Tap tap;
  TapServer tap_server;
  EventTracker tracker;
};

std::optional<HttpServer> serve(const HttpConfig& config, Monitor& monitor) {
  if (config.listen.empty()) return std::nullopt;
  HttpServerOptions options;
  options.listen = parse_listen(config.listen);
  options.token = config.token;
  HttpRoutes routes;
  routes["/livez"].get = [&monitor] { return answer(monitor.health.live()); };
  routes["/readyz"].get = [&monitor] { return answer(monitor.health.ready()); };
  routes["/metrics"].get = [&monitor] { return monitor.metrics(); };
  routes["/status"].get = [&monitor] { return monitor.status(); };
  routes["/tap"] = monitor.tap_server.route();
  add_dashboard(routes);
  options.closing = [&monitor] { monitor.tap_server.close(); };
  return std::make_optional<HttpServer>(std::move(options), std::move(routes));
}

void announce(const Config& config, const std::optional<HttpServer>& http, Observer& observer) {
  const auto say = [&observer](Severity severity, const std::string& text) {
    observer.notice({severity, "millrace", text});
  };
  for (const auto& line : startup_lines(config)) say(Severity::info, line);
  if (http) {
    const auto address = http->address();
    const std::string base = "http://" + address.host + ":" + std::to_string(address.port);
    say(Severity::info, "dashboard at " + base + "/, health at " + base + "/readyz");
  }
  for (const auto& warning : warnings(config)) say(Severity::warning, warning);
}

}  // namespace

int run(const Config& config, bool accept_backlog, std::function<Config()> load,
        ProcessorPtr processor) {
  keep_memory();
  std::optional<Spawner> spawner;
  if (!processor && config.processing.type == ProcessingType::exec) {
    spawner.emplace(config.processing);
  }
  Log log(config.log);
  Monitor monitor(config);
  auto watching = monitor.observers();
  watching.push_back(&log);
  Observers observers(std::move(watching));
  auto http = serve(config.http, monitor);
  announce(config, http, observers);
  Service service(config, observers,
                  {.accept_backlog = accept_backlog,
                   .processor = std::move(processor),
                   .spawner = spawner ? &*spawner : nullptr,
                   .condition = [&monitor] { return monitor.health.condition(); },
                   .version = MILLRACE_VERSION});
  service.every(kHousekeeping, [&] {
    monitor.health.beat();
    monitor.figures.tick();
    monitor.figures.journal_changed(service.journal_state());
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
