#include "commands/demo.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "commands/service.hpp"
#include "commands/signals.hpp"
#include "millrace/config.hpp"

namespace millrace {
namespace {

// The view shows the results as they are emitted; here they are only taken.
class TakingSink final : public Sink {
 public:
  void start(Deliveries& deliveries) override {
    deliveries_ = &deliveries;
    deliveries.state({true, true, {}});
  }
  std::optional<std::string> unfit(const Frame& /*frame*/,
                                   const Result& /*result*/) const override {
    return {};
  }
  void accept(OutcomePtr outcome) override { deliveries_->confirmed(outcome->frame->number); }
  void stop() override {}

 private:
  Deliveries* deliveries_ = nullptr;
};

Config config_of(const DemoArguments& arguments) {
  Config config;
  config.source.url = "generate:?count=" + std::to_string(arguments.events) +
                      "&interval=" + std::to_string(arguments.interval.count()) + "ms";
  config.sink.url = "stdout:";
  config.journal.durability = Durability::off;
  config.processing.type = ProcessingType::square;
  config.processing.delay = arguments.work;
  config.processing.workers = arguments.workers;
  config.processing.timeout = std::max(config.processing.timeout, arguments.work * 2);
  config.limits.drain = std::max(config.limits.drain, arguments.work * 2);
  config.limits.in_flight = std::max(config.limits.in_flight, 2 * arguments.workers);
  return config;
}

bool wants_colour() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment.
  const char* no_colour = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0');
}

}  // namespace

int demo(const DemoArguments& arguments, std::ostream& out) {
  DemoView view(arguments, out, wants_colour());
  Service::Options options;
  options.results = std::make_unique<TakingSink>();
  Service service(config_of(arguments), view, std::move(options));
  const Signals signals([&service] { service.request_stop(); });
  view.begin();
  const Control::End end = service.run();
  view.end();
  // Calls may still be under way, which nothing may be destroyed under.
  if (!end.orderly) std::_Exit(static_cast<int>(end.code));
  return static_cast<int>(end.code);
}

}  // namespace millrace
