#include "commands/test_case.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <utility>

#include "commands/service.hpp"
#include "commands/signals.hpp"
#include "config/value.hpp"

namespace millrace {
namespace {

// When a case has been given up, there is nothing to wait for.
constexpr Duration kDrain{1000};
// A worker that dies before any has answered is replaced, and the others go on.
constexpr Duration kBrokenPatience{2000};
constexpr Duration kLookInterval{200};

Config with_short_drain(Config config) {
  config.limits.drain = kDrain;
  return config;
}

// A millrace for one case.
class CaseRun {
 public:
  CaseRun(const TestFile& file, const TestCase& test, Spawner* spawner)
      : timeout_(file.timeout),
        config_(with_short_drain(file.config)),
        service_(config_, record_,
                 {.source = make_test_source(config_, test.inputs),
                  .results = make_test_sink(config_, record_),
                  .dead_letters = make_test_sink(config_, record_),
                  .spawner = spawner}) {}

  TestRun run(bool& orderly) {
    service_.every(timeout_, [this] {
      late_ = true;
      service_.request_stop();
    });
    service_.every(kLookInterval, [this] { look(); });
    TestRun run;
    {
      const Signals signals([this] {
        interrupted_ = true;
        service_.request_stop();
      });
      orderly = service_.run().orderly;
    }
    run.outcomes = record_.outcomes();
    run.lines = record_.lines();
    run.trouble = trouble();
    const std::string stopped = record_.stop_reason();
    if (run.trouble.empty() && !stopped.empty()) {
      run.outcomes.push_back({.number = std::numeric_limits<std::uint64_t>::max(),
                              .fate = TestFate::stopped,
                              .cause = stopped});
    }
    if (config_.processing.order != Order::global) sort(run.outcomes);
    return run;
  }

 private:
  // Without a worker that works nothing would ever end.
  void look() {
    if (record_.broken_for(kBrokenPatience).empty() || broken_.exchange(true)) return;
    service_.request_stop();
  }

  [[nodiscard]] std::string trouble() const {
    if (broken_) return "no worker works: " + record_.broken_for(Duration(0));
    if (interrupted_) return kInterrupted;
    if (late_) return "not done within " + format_duration(timeout_) + " (\"timeout\")";
    return {};
  }

  static void sort(std::vector<SeenOutcome>& outcomes) {
    std::sort(outcomes.begin(), outcomes.end(),
              [](const SeenOutcome& a, const SeenOutcome& b) { return a.number < b.number; });
  }

  const Duration timeout_;
  const Config config_;
  std::atomic<bool> broken_ = false;
  std::atomic<bool> late_ = false;
  std::atomic<bool> interrupted_ = false;
  TestRecord record_;
  Service service_;
};

}  // namespace

TestRun run_test_case(const TestFile& file, const TestCase& test, Spawner* spawner) {
  auto one = std::make_shared<CaseRun>(file, test, spawner);
  bool orderly = true;
  TestRun run = one->run(orderly);
  if (!orderly) run.running = std::move(one);
  return run;
}

}  // namespace millrace
