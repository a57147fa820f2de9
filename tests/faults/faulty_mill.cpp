// A millrace whose processor goes wrong where it is told to: `FAULTY_MILL=17=throw,40=segv …`, the
// event's number and what happens to it. All others come out as they came, after a moment.
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "commands/run.hpp"
#include "commands/signals.hpp"
#include "config/load.hpp"
#include "faults/numbered_events.hpp"
#include "journal/journal_error.hpp"
#include "pipeline/control.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

using Plan = std::map<std::uint64_t, std::string>;

Plan read_plan() {
  const char* text = std::getenv("FAULTY_MILL");
  std::istringstream steps(text == nullptr ? "" : text);
  Plan plan;
  for (std::string step; std::getline(steps, step, ',');) {
    const auto equals = step.find('=');
    plan[std::stoull(step.substr(0, equals))] = step.substr(equals + 1);
  }
  return plan;
}

// As work that blocks and does not look at its stop token.
void work(std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable nobody_notifies;
  std::unique_lock lock(mutex);
  nobody_notifies.wait_for(lock, time, [] { return false; });
}

class Faulty final : public Processor {
 public:
  explicit Faulty(Plan plan) : plan_(std::move(plan)) {}

  Verdict process(const Frame& frame, const Attempt& attempt) override {
    const auto number = NumberedEvents::number_of_event(frame.payload.view());
    const auto step = plan_.find(number.value_or(0));
    if (!number || step == plan_.end()) {
      work(2ms);
      return Result{frame.payload};
    }
    return go_wrong(step->second, frame, attempt);
  }

 private:
  static Verdict go_wrong(const std::string& how, const Frame& frame, const Attempt& attempt) {
    if (how == "throw") throw std::runtime_error("as planned");
    if (how == "throw_int") throw 42;
    if (how == "segv") ::raise(SIGSEGV);
    if (how == "abort") std::abort();
    if (how == "hang") work(24h);
    // Past its deadline, but not past twice its time-out.
    const auto over = attempt.deadline - std::chrono::steady_clock::now();
    work(std::chrono::duration_cast<std::chrono::milliseconds>(over) + 100ms);
    return Result{frame.payload};
  }

  const Plan plan_;
};

int main_of_faulty_mill() {
  auto plan = read_plan();
  ConfigInputs inputs;
  inputs.environment = read_environment(environ);
  block_signals();
  const auto load = [&inputs] { return load_config(inputs); };
  return run(load(), false, load, std::make_unique<Faulty>(std::move(plan)));
}

}  // namespace
}  // namespace millrace::test

int main() {
  try {
    return millrace::test::main_of_faulty_mill();
  } catch (const millrace::JournalError& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(millrace::ExitCode::unsafe);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return static_cast<int>(millrace::ExitCode::usage);
  }
}
