#include "exec/spawner.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "exec/descendants.hpp"
#include "support/forked.hpp"
#include "support/wait.hpp"

namespace millrace::test {
namespace {

ProcessingConfig command_of(std::vector<std::string> command) {
  ProcessingConfig processing;
  processing.type = ProcessingType::exec;
  processing.command = std::move(command);
  return processing;
}

Spawner::Started started(Spawner& spawner) {
  auto result = spawner.start(0, std::chrono::steady_clock::now() + kPatience);
  if (auto* why = std::get_if<Spawner::NotStarted>(&result)) throw std::runtime_error(why->why);
  return std::get<Spawner::Started>(std::move(result));
}

// The wait status that comes when it has ended.
int status_of(const Spawner::Started& process) {
  int status = -1;
  const bool came = wait_until(
      [&] { return ::read(process.status.get(), &status, sizeof status) == sizeof status; });
  return came ? status : -1;
}

TEST(TheSpawner, StartsProcessesThatLeadAGroupOfTheirOwn) {
  Spawner spawner(command_of({"sleep", "1000"}));
  const auto process = started(spawner);
  EXPECT_EQ(::getpgid(process.pid), process.pid);
  EXPECT_NE(::getpgid(spawner.pid()), ::getpgid(0)) << "a Ctrl-C is not for it";
}

TEST(TheSpawner, TellsHowAProcessEnded) {
  Spawner spawner(command_of({"/bin/sh", "-c", "exit 5"}));
  const int status = status_of(started(spawner));
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 5);
}

TEST(TheSpawner, EndsAProcessThatListensByTerm) {
  Spawner spawner(command_of({"sleep", "1000"}));
  const auto process = started(spawner);
  spawner.end(process.pid);
  EXPECT_EQ(WTERMSIG(status_of(process)), SIGTERM);
}

TEST(TheSpawner, EndsAProcessThatDoesNotListenByKill) {
  Spawner spawner(command_of({"/bin/sh", "-c", "trap '' TERM; echo; while :; do read line; done"}));
  const auto process = started(spawner);
  char ready = 0;
  ASSERT_TRUE(wait_until([&] { return ::read(process.out.get(), &ready, 1) == 1; }));
  spawner.end(process.pid);
  EXPECT_EQ(WTERMSIG(status_of(process)), SIGKILL);
}

// Of a group of two, the one that does not lead it is the child of one outside, which says how it
// has ended.
constexpr auto kGroupOfTwo = R"(
import os, signal
leader = os.getpgrp()
if os.fork() == 0:
    os.setpgid(0, 0)
    member = os.fork()
    if member == 0:
        os.setpgid(0, leader)
        os.write(1, b"+")
    else:
        os.write(1, b"%d" % os.WTERMSIG(os.waitpid(member, 0)[1]))
        os._exit(0)
signal.pause()
)";

TEST(TheSpawner, AsksAllOfAGroupToEndBeforeItKillsThem) {
  Spawner spawner(command_of({"python3", "-c", kGroupOfTwo}));
  const auto process = started(spawner);
  std::string said;
  const auto hear = [&](std::size_t bytes) {
    return wait_until([&] {
      char c = 0;
      while (::read(process.out.get(), &c, 1) == 1) said += c;
      return said.size() >= bytes;
    });
  };
  ASSERT_TRUE(hear(1));
  spawner.end(process.pid);
  ASSERT_TRUE(hear(2));
  EXPECT_EQ(said.substr(1), std::to_string(SIGTERM));
}

TEST(TheSpawner, GivesAProcessItsSignalsAsTheyAreByDefault) {
  ::signal(SIGPIPE, SIG_IGN);
  Spawner spawner(command_of({"/bin/sh", "-c", "kill -PIPE $$; exit 0"}));
  ::signal(SIGPIPE, SIG_DFL);
  EXPECT_EQ(WTERMSIG(status_of(started(spawner))), SIGPIPE);
}

TEST(TheSpawner, LeavesNoZombies) {
  Spawner spawner(command_of({"true"}));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(status_of(started(spawner)), 0);
  EXPECT_TRUE(children_of(spawner.pid()).empty());
}

TEST(TheSpawner, EndsAllWhenItsOwnerIsKilled) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const OwnedFd read_end(pipe[0]);
  {
    const Forked millrace([&] {
      Spawner spawner(
          command_of({"/bin/sh", "-c",
                      "trap '' TERM; setsid sleep 1000 & echo $!; while :; do read x; done"}));
      const auto process = started(spawner);
      std::array<pid_t, 3> pids{spawner.pid(), process.pid, 0};
      std::string line;
      char c = 0;
      const bool read = wait_until([&] {
        while (::read(process.out.get(), &c, 1) == 1) line += c;
        return line.ends_with('\n');
      });
      if (read) pids[2] = std::stoi(line);
      [[maybe_unused]] const auto written = ::write(pipe[1], pids.data(), sizeof pids);
      ::raise(SIGKILL);
      return 0;
    });
    ::close(pipe[1]);
    std::array<pid_t, 3> pids{};
    ASSERT_EQ(::read(read_end.get(), pids.data(), sizeof pids), static_cast<ssize_t>(sizeof pids));
    for (const pid_t pid : pids) {
      ASSERT_GT(pid, 0);
      EXPECT_TRUE(wait_until([pid] {
        ::waitpid(-1, nullptr, WNOHANG);  // this process may be the subreaper of what is left
        return ::kill(pid, 0) != 0;
      })) << pid;
    }
  }
}

}  // namespace
}  // namespace millrace::test
