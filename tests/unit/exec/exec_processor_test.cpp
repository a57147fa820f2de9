// One process that goes wrong: what its event is told, and that the next one finds a good one.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "exec_case.hpp"

namespace millrace::test {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(ExecCase, AnswersWithWhatItsProcessesAnswer) {
  start();
  EXPECT_EQ(process("12"), "result: 12");
  EXPECT_EQ(process(""), "result: ");
  EXPECT_EQ(process("\xff\xfe"), "result: \xff\xfe");
  EXPECT_EQ(process("filter"), "filtered");
  EXPECT_EQ(process("reject"), "rejected: no");
  EXPECT_EQ(process("fail"), "failed: not now");
  EXPECT_TRUE(observer.state().ok);
}

struct Wrong {
  const char* what;
  const char* told;
};

class WrongOnce : public ExecCase, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongOnce, CostsTheEventAnAttemptAndNothingElse) {
  config.limits.result_bytes = 1000;
  start();
  warm_up();
  const std::string what = GetParam().what;
  EXPECT_THAT(process(what + "@1"), StartsWith(GetParam().told));
  EXPECT_THAT(attempt(what + "@1", kGenerous, 2), StartsWith("result: ok"));
  EXPECT_EQ(process("x"), "result: x");
  EXPECT_TRUE(whole());
  EXPECT_TRUE(observer.state().ok) << observer.state().reason;
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongOnce,
    ::testing::Values(
        Wrong{"crash", "failed: exec: the worker process was killed by SIGSEGV"},
        Wrong{"exit", "failed: exec: the worker process exited with code 3"},
        Wrong{"quit", "failed: exec: the worker process exited with code 0"},
        Wrong{"garbage", "failed: exec: the worker process wrote a reply that is no JSON object"},
        Wrong{"other", "failed: exec: the worker process wrote a reply to another event"},
        Wrong{"huge", "failed: exec: the worker process wrote a line of more than 71536 bytes"},
        Wrong{"endless", "failed: exec: the worker process wrote a line of more than 71536 bytes"},
        Wrong{"close", "failed: exec: the worker process closed its standard output"}),
    [](const auto& wrong) { return wrong.param.what; });

class WrongUnread : public ExecCase, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongUnread, CostsTheEventNothing) {
  config.processing.workers = 1;
  start();
  ASSERT_EQ(process("unread-" + std::string(GetParam().what)), "result: ok");
  EXPECT_EQ(attempt("x"), GetParam().told);
  EXPECT_EQ(process("x"), "result: x");
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongUnread,
    ::testing::Values(
        Wrong{"exit", "held: exec: the worker process exited with code 3"},
        Wrong{"garbage", "held: exec: the worker process wrote a reply that is no JSON object"},
        Wrong{"other", "held: exec: the worker process wrote a reply to another event"},
        Wrong{"close", "held: exec: the worker process closed its standard output"}),
    [](const auto& wrong) { return wrong.param.what; });

TEST_F(ExecCase, EndsAtTheDeadlineAnAttemptThatHangs) {
  start();
  for (const char* what : {"hang", "deaf"}) {
    warm_up();
    const auto began = std::chrono::steady_clock::now();
    EXPECT_THAT(attempt(what, 2s), StartsWith("failed: exec: the worker process has not answered"));
    EXPECT_GE(std::chrono::steady_clock::now() - began, 2s);
    EXPECT_EQ(process("x"), "result: x");
  }
  EXPECT_TRUE(whole()) << "also the one that does not listen to SIGTERM has gone";
}

TEST_F(ExecCase, TakesTheFirstOfTwoAnswersAndReplacesTheProcess) {
  config.processing.workers = 1;
  start();
  const auto before = process("pid");
  EXPECT_EQ(process("twice"), "result: first");
  EXPECT_NE(process("pid"), before);
  EXPECT_THAT(observer.notices(), Contains(HasSubstr("more than one line")));
}

TEST_F(ExecCase, ChargesNoEventForALineAboutTheOneBefore) {
  config.processing.workers = 1;
  start();
  EXPECT_EQ(process("again"), "result: ok");
  EXPECT_THAT(attempt("x"), StartsWith("held: exec: the worker process wrote more than one line"));
  EXPECT_EQ(process("x"), "result: x");
}

TEST_F(ExecCase, ChargesNoEventForAProcessThatEndsBetweenTwo) {
  config.processing.workers = 1;
  start();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(process("after"), "result: ok");
  EXPECT_EQ(process("x"), "result: x");
}

TEST_F(ExecCase, ReplacesAnIdleProcessThatIsKilled) {
  start();
  warm_up();
  ASSERT_TRUE(whole());
  const auto killed = children_of(spawner->pid());
  for (const pid_t pid : killed) ::kill(pid, SIGKILL);
  EXPECT_TRUE(wait_until([&] {
    const auto now = children_of(spawner->pid());
    return now.size() == 2 && now != killed && !exists(killed[0]) && !exists(killed[1]);
  }));
  EXPECT_EQ(process("x"), "result: x");
}

TEST_F(ExecCase, PassesLargeEventsBothWaysAtOnce) {
  config.processing.command = {"cat"};
  start();
  for (const char* unit : {"x", "\n", "\xff", "é"}) {
    std::string payload;
    while (payload.size() < 200'000) payload += unit;
    EXPECT_TRUE(process(payload) == "result: " + payload) << "of " << unit;
  }
}

TEST_F(ExecCase, GivesAProcessNeitherSecretsNorDescriptors) {
  ::setenv("MILLRACE_SOURCE_PASSWORD", "secret", 1);
  ::setenv("PLAIN", "yes", 1);
  start();
  ::unsetenv("MILLRACE_SOURCE_PASSWORD");
  const auto environment = nlohmann::json::parse(process("environment").substr(8));
  EXPECT_EQ(environment.at("PLAIN"), "yes");
  EXPECT_TRUE(environment.at("MILLRACE_WORKER") == "0" || environment.at("MILLRACE_WORKER") == "1");
  for (const auto& [name, value] : environment.items()) {
    EXPECT_TRUE(!name.starts_with("MILLRACE_") || name == "MILLRACE_WORKER") << name;
  }
  EXPECT_EQ(process("descriptors"), "result: 0 1 2 3") << "the last is that of the listing";
}

TEST_F(ExecCase, HearsStandardErrorWithTheEventAndIsNotHeldUpByMuchOfIt) {
  start();
  warm_up();
  EXPECT_EQ(process("noisy"), "result: ok");
  const auto number = next;
  EXPECT_EQ(process("speak"), "result: ok");
  const std::string line = to_string(EventId{0x5f3a9c01, number, 0}) + ": a word about speak";
  EXPECT_TRUE(wait_until([&] {
    const auto lines = observer.lines();
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  }));
}

TEST_F(ExecCase, HearsTheLastWordsOfAProcessThatDies) {
  config.processing.command = {"/bin/sh", "-c", "read line; echo no such thing >&2; exit 1"};
  start();
  EXPECT_THAT(attempt("x"), HasSubstr("exited with code 1"));
  EXPECT_TRUE(wait_until([&] { return !observer.lines().empty(); }));
  EXPECT_THAT(observer.lines()[0], StartsWith("5f3a9c01-0.0: no such thing"));
}

TEST_F(ExecCase, BoundsTheMemoryOfAProcess) {
  config.processing.limits.memory = 200ULL << 20;
  start();
  warm_up();
  EXPECT_THAT(process("leak"), StartsWith("failed: exec: the worker process exited with code 1"));
  EXPECT_TRUE(wait_until([&] {
    const auto lines = observer.lines();
    return std::any_of(lines.begin(), lines.end(),
                       [](const auto& line) { return line.ends_with("MemoryError"); });
  }));
  EXPECT_EQ(process("x"), "result: x");
}

TEST_F(ExecCase, BoundsTheComputingOfEachEventAndNotOfAll) {
  config.processing.limits.cpu = 1s;
  config.processing.workers = 1;
  start();
  const auto before = process("pid");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(process("burn"), "result: ok");
  EXPECT_EQ(process("pid"), before) << "1.6 s, but of four events";
  EXPECT_EQ(process("compute"),
            "failed: exec: the worker process was killed by SIGXCPU (processing.limits.cpu)");
}

TEST_F(ExecCase, LeavesNothingOfAGroupWhoseProcessDies) {
  start();
  const std::string pids = process("fork");
  const pid_t child = std::stoi(pids.substr(8));
  EXPECT_TRUE(exists(child));
  for (const pid_t pid : children_of(spawner->pid())) ::kill(pid, SIGKILL);
  EXPECT_TRUE(wait_until([child] { return !exists(child); }));
}

TEST_F(ExecCase, LeavesNothingAtItsEndNotEvenWhatHasLeftItsGroup) {
  start();
  const std::string pids = process("fork");
  const pid_t child = std::stoi(pids.substr(8));
  const pid_t escaped = std::stoi(pids.substr(pids.rfind(' ')));
  auto processes = children_of(spawner->pid());
  processes.insert(processes.end(), {child, escaped, spawner->pid()});
  end();
  for (const pid_t pid : processes) EXPECT_FALSE(exists(pid)) << pid;
}

TEST_F(ExecCase, IsBrokenWithoutItsSpawnerAndLeavesNothingEither) {
  start();
  const std::string pids = process("fork");
  const pid_t child = std::stoi(pids.substr(8));
  const pid_t escaped = std::stoi(pids.substr(pids.rfind(' ')));
  auto processes = children_of(spawner->pid());
  processes.insert(processes.end(), {child, escaped, spawner->pid()});
  ::kill(spawner->pid(), SIGKILL);
  EXPECT_TRUE(wait_until([this] { return broken.load(); }, kGenerous));
  EXPECT_TRUE(wait_until([&] {
    return std::none_of(processes.begin(), processes.end(), [](pid_t pid) { return exists(pid); });
  }));
  EXPECT_THAT(attempt("x"), StartsWith("held: exec: the spawner process has ended"));
  EXPECT_TRUE(wait_until([this] { return !observer.state().ok; }, kGenerous));
}

TEST_F(ExecCase, ServesManyWorkersAtOnceWhateverSomeOfTheirEventsDo) {
  config.processing.workers = 4;
  start();
  warm_up();
  std::atomic<std::uint64_t> number = 100;
  std::atomic<int> wrong = 0;
  const auto work = [&] {
    for (auto mine = number++; mine < 400; mine = number++) {
      static constexpr std::array<const char*, 4> kWhat{"crash@1", "twice", "garbage@1", "exit@1"};
      const std::string payload = mine % 20 == 0 ? kWhat[mine / 20 % 4] : std::to_string(mine);
      const std::string good = mine % 20 != 0 ? payload : mine / 20 % 4 == 1 ? "first" : "ok";
      Attempt attempt;
      Verdict verdict;
      do {
        attempt.deadline = std::chrono::steady_clock::now() + kGenerous;
        verdict = exec->process(frame_of(payload, mine), attempt);
        const auto* failed = std::get_if<Failed>(&verdict);
        if (failed != nullptr && !failed->again_in) ++attempt.number;
      } while (std::holds_alternative<Failed>(verdict) && attempt.number < 3);
      const auto* result = std::get_if<Result>(&verdict);
      if (result == nullptr || result->payload.view() != good) ++wrong;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(whole());
}

}  // namespace
}  // namespace millrace::test
