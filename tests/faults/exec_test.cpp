// Worker processes under kill -9: of millrace, of the spawner, of themselves.
#include <csignal>
#include <vector>

#include "exec/descendants.hpp"
#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kExecWorkers = 4;

class WorkerKills : public RigCase {
 protected:
  WorkerKills() : rig_(seed_) {
    rig_.variables["PROCESSING_TYPE"] = "exec";
    rig_.variables["PROCESSING_COMMAND"] = "python3," MILLRACE_TEST_DATA "/exec/numbered.py";
    rig_.variables["PROCESSING_WORKERS"] = std::to_string(kExecWorkers);
    rig_.variables["PROCESSING_BACKOFF"] = "10ms";
    rig_.variables["PROCESSING_ATTEMPTS"] = "0";
  }

  // The spawner, which is millrace's only child, and its workers. Before they are all there: fewer.
  std::vector<pid_t> processes() const {
    auto list = children_of(rig_.millrace().pid());
    const auto spawners = list.size();
    for (std::size_t i = 0; i < spawners; ++i) {
      const auto workers = children_of(list[i]);
      list.insert(list.end(), workers.begin(), workers.end());
    }
    return list;
  }

  bool wait_until_whole() const {
    return wait_until([this] { return processes().size() == 1 + kExecWorkers; });
  }

  static bool wait_until_gone(const std::vector<pid_t>& pids) {
    return wait_until([&] {
      return std::none_of(pids.begin(), pids.end(), [](pid_t pid) { return ::kill(pid, 0) == 0; });
    });
  }

  Rig rig_;
};

TEST_F(WorkerKills, LoseNothingAndLeaveNothingWhenMillraceIsKilled) {
  rig_.begin();
  rig_.events.start(300);
  std::size_t most = 0;
  for (int kill = 0; kill < scaled(4, 60); ++kill) {
    lapse(between(0ms, 1500ms));
    const auto left = processes();
    most = std::max(most, left.size());
    rig_.kill();
    EXPECT_TRUE(wait_until_gone(left)) << "after kill " << kill;
    rig_.start();
  }
  figure("processes_most", most);
  expect_settled(rig_, 60s);
}

TEST_F(WorkerKills, LoseNothingWhenWorkersAreKilled) {
  rig_.begin();
  rig_.events.start(300);
  milliseconds longest{0};
  for (int kill = 0; kill < scaled(6, 100); ++kill) {
    ASSERT_TRUE(wait_until_whole()) << rig_.output();
    const auto all = processes();
    ::kill(all[1 + static_cast<std::size_t>(kill) % kExecWorkers], SIGKILL);
    const auto began = Rig::Clock::now();
    ASSERT_TRUE(wait_until([&] {
      const auto now = processes();
      return now.size() == all.size() && now != all;
    }));
    longest = std::max(longest, std::chrono::ceil<milliseconds>(Rig::Clock::now() - began));
    lapse(between(0ms, 300ms));
  }
  figure("pool_whole_ms_most", longest.count());
  expect_settled(rig_, 60s);
}

TEST_F(WorkerKills, EndTheRunWithoutTheSpawnerAndTheNextOneGoesOn) {
  rig_.begin();
  rig_.events.start(300);
  for (int kill = 0; kill < scaled(2, 20); ++kill) {
    ASSERT_TRUE(wait_until_whole()) << rig_.output();
    const auto all = processes();
    ::kill(all[0], SIGKILL);
    EXPECT_EQ(rig_.millrace().wait(kPatience), 1);
    EXPECT_TRUE(wait_until_gone(all));
    rig_.start();
  }
  expect_settled(rig_, 60s);
}

}  // namespace
}  // namespace millrace::test
