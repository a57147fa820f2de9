#include "faults/fault_case.hpp"

#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <mutex>
#include <string_view>

#include "support/child_process.hpp"

namespace millrace::test {
namespace {

// Taken out of the environment: millrace refuses variables of its own prefix that it does not know.
std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string taken = value == nullptr ? "" : value;
  ::unsetenv(name);
  return taken;
}

struct Request {
  std::string form = take_variable("MILLRACE_FAULTS");
  std::string seed = take_variable("MILLRACE_FAULTS_SEED");
  std::string report = take_variable("MILLRACE_FAULTS_REPORT");
};

const Request& request() {
  static const Request taken;
  return taken;
}

}  // namespace

bool full_form() {
  return request().form == "full";
}

FaultCase::FaultCase()
    : seed_(request().seed.empty() ? std::random_device{}() : std::stoull(request().seed)),
      random_(seed_) {
  std::cout << "seed: MILLRACE_FAULTS_SEED=" << seed_ << std::endl;
}

std::string FaultCase::option(const char* name) {
  return take_variable(name);
}

void FaultCase::SetUp() {
  const auto what = lacking();
  if (what.empty()) return;
  const char* ci = std::getenv("CI");
  if (ci != nullptr && std::string_view(ci) == "true") FAIL() << "this machine lacks " << what;
  GTEST_SKIP() << "this machine lacks " << what;
}

void FaultCase::TearDown() {
  if (request().report.empty()) return;
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const auto& result = *test->result();
  nlohmann::ordered_json line;
  line["case"] = std::string(test->test_suite_name()) + "." + test->name();
  line["form"] = full_form() ? "full" : "short";
  line["seed"] = seed_;
  line["outcome"] = result.Failed() ? "failed" : result.Skipped() ? "left out" : "passed";
  line["seconds"] = static_cast<double>(since(begun_).count()) / 1000;
  line["figures"] = figures_;
  // One write, so that cases that run at the same time do not mix their lines.
  std::ofstream(request().report, std::ios::app) << line.dump() + "\n" << std::flush;
}

void FaultCase::expect_kept(const Verdict& verdict) {
  figure("owed", verdict.owed);
  figure("lost", verdict.lost);
  figure("invented", verdict.invented);
  figure("corrupted", verdict.corrupted);
  figure("out_of_order", verdict.disordered);
  figure("repeats_same_id", verdict.repeats);
  figure("repeats_marked_redelivered", verdict.second_events);
  if (verdict.dead_letters > 0) figure("dead_letters", verdict.dead_letters);
  std::cout << verdict << std::endl;
  EXPECT_GT(verdict.owed, 0U);
  EXPECT_TRUE(verdict.is_kept()) << verdict;
}

std::chrono::milliseconds FaultCase::between(std::chrono::milliseconds least,
                                             std::chrono::milliseconds most) {
  std::uniform_int_distribution<std::chrono::milliseconds::rep> any(least.count(), most.count());
  return std::chrono::milliseconds(any(random_));
}

bool is_root() {
  return ::geteuid() == 0;
}

bool has_program(const std::string& name) {
  return run_command({"/bin/sh", "-c", "command -v " + name}) == 0;
}

void lapse(std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable nobody_notifies;
  std::unique_lock lock(mutex);
  nobody_notifies.wait_for(lock, time, [] { return false; });
}

std::chrono::milliseconds since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               then);
}

}  // namespace millrace::test
