// Processors that take the whole process with them: a service on a journal, started again and
// again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "commands/service.hpp"
#include "config/load.hpp"
#include "event/event_id.hpp"
#include "journal/offline_journal.hpp"
#include "journal/replay.hpp"
#include "support/forked.hpp"
#include "support/temp_folder.hpp"
#include "support/wait.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kEvents = 40;
constexpr auto kPoison = "17";

/// Takes a while for every line, so that others are under way when one goes wrong.
class Working final : public Processor {
 public:
  explicit Working(std::function<Verdict()> poisoned) : poisoned_(std::move(poisoned)) {}
  Verdict process(const Frame& frame, const Attempt& attempt) override {
    if (frame.payload.view() == kPoison) return poisoned_();
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_for(lock, attempt.stop, 3ms, [] { return false; });
    return Result{frame.payload};
  }

 private:
  const std::function<Verdict()> poisoned_;
};

class CrashingService : public ::testing::Test {
 protected:
  CrashingService() {
    folder_.write("none", "");
    std::string lines;
    for (int i = 0; i < kEvents; ++i) lines += std::to_string(i) + "\n";
    folder_.write("lines", lines);
    config_ = load_config({.file = {},
                           .environment = {},
                           .set = {"source.url=stdin:", "sink.url=stdout:", "http.listen=",
                                   "journal.path=" + journal(), "journal.durability=process",
                                   "processing.timeout=300ms"}});
  }

  /// The process of one start: reads `input`, adds to the files `out` and `err`.
  Forked start(const std::string& input, const std::function<Verdict()>& poisoned) const {
    return Forked([&, input, poisoned] {
      redirect(STDIN_FILENO, input, O_RDONLY);
      redirect(STDOUT_FILENO, "out", O_WRONLY | O_CREAT | O_APPEND);
      redirect(STDERR_FILENO, "err", O_WRONLY | O_CREAT | O_APPEND);
      Observer observer;
      Service service(config_, observer, {.processor = std::make_unique<Working>(poisoned)});
      return static_cast<int>(service.run().code);
    });
  }

  std::vector<std::string> lines_of(const std::string& name) const {
    std::vector<std::string> lines;
    std::ifstream in(folder_.path() / name);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  /// The accused frames' indices in the one chunk that all lines came in, and their crashes.
  std::map<std::uint32_t, unsigned> accused() const {
    const OfflineJournal offline(journal());
    const auto& found = offline.found();
    const auto counts =
        pending_crashes(offline.folder(), found.epoch,
                        {Replay::needed_in(found.commit), found.next_offset}, nullptr);
    std::map<std::uint32_t, unsigned> accused;
    for (const auto& [frame, count] : counts.frames) accused[frame.second] = count.crashes;
    return accused;
  }

  /// Waits until a slot of that run, from 1, is in that state.
  bool wait_for_slot(unsigned run, CrashSlot::State state) const {
    return wait_until([&] {
      std::ifstream in(journal() + "/" + kCrashSlotsName, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      if (bytes.size() < 128 || bytes[24] != static_cast<char>(run)) return false;
      for (std::size_t at = 64; at + 64 <= bytes.size(); at += 64) {
        if (bytes[at] == static_cast<char>(state)) return true;
      }
      return false;
    });
  }

  /// All lines but the poisonous one came out, in order but for repeats; that one is a dead letter.
  void expect_all_but_the_poison() const {
    std::vector<std::string> expected;
    for (int i = 0; i < kEvents; ++i) {
      if (std::to_string(i) != kPoison) expected.push_back(std::to_string(i));
    }
    std::vector<std::string> firsts;
    std::set<std::string> seen;
    for (const auto& line : lines_of("out")) {
      if (seen.insert(line).second) firsts.push_back(line);
    }
    EXPECT_EQ(firsts, expected);
    const auto letters = lines_of("err");
    ASSERT_THAT(letters, SizeIs(1));
    const auto letter = nlohmann::json::parse(letters[0]);
    EXPECT_EQ(letter["payload"], std::string(kPoison) + "\n");
    EXPECT_EQ(letter["attempts"], 3);
    EXPECT_EQ(letter["cause"], "the process crashed in each of its 3 attempts");
  }

  std::string journal() const { return (folder_.path() / "journal").string(); }

  const TempFolder folder_;
  Config config_;

 private:
  void redirect(int fd, const std::string& name, int flags) const {
    const auto path = (folder_.path() / name).string();
    ::dup2(::open(path.c_str(), flags | O_CLOEXEC, 0600), fd);
  }
};

Verdict segfault() {
  void* const page = ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *static_cast<volatile char*>(page) = 1;
  return Filtered{};
}

TEST_F(CrashingService, GivesUpTheFrameThatCrashesItAndNoOther) {
  for (unsigned crashes = 1; crashes <= 3; ++crashes) {
    auto run = start(crashes == 1 ? "lines" : "none", segfault);
    ASSERT_EQ(run.wait(), -SIGSEGV);
    EXPECT_THAT(accused(), ElementsAre(std::pair(17U, crashes)));
  }
  auto last = start("none", segfault);
  ASSERT_EQ(last.wait(), 0);
  expect_all_but_the_poison();
  EXPECT_THAT(accused(), IsEmpty()) << "it is done";
}

TEST_F(CrashingService, CountsAnUncaughtAbortOfALibraryJustSo) {
  for (unsigned crashes = 1; crashes <= 3; ++crashes) {
    auto run = start(crashes == 1 ? "lines" : "none", []() -> Verdict { std::abort(); });
    ASSERT_EQ(run.wait(), -SIGABRT);
  }
  auto last = start("none", []() -> Verdict { std::abort(); });
  ASSERT_EQ(last.wait(), 0);
  expect_all_but_the_poison();
}

TEST_F(CrashingService, GivesUpTheFrameWhoseCallNeverReturns) {
  const auto never = []() -> Verdict {
    for (;;) ::pause();
  };
  for (unsigned crashes = 1; crashes <= 3; ++crashes) {
    auto run = start(crashes == 1 ? "lines" : "none", never);
    ASSERT_TRUE(wait_for_slot(crashes, CrashSlot::overran));
    run.signal(SIGKILL);
    ASSERT_EQ(run.wait(), -SIGKILL);
    EXPECT_THAT(accused(), ElementsAre(std::pair(17U, crashes)));
  }
  auto last = start("none", never);
  ASSERT_EQ(last.wait(), 0);
  expect_all_but_the_poison();
}

TEST_F(CrashingService, AccusesNobodyWhenItIsKilledUnderWay) {
  // Long enough to be under way at every kill, and done at last.
  const std::string go = (folder_.path() / "go").string();
  const auto waits = [go]() -> Verdict {
    while (::access(go.c_str(), F_OK) != 0) ::sched_yield();
    return Result{Payload(std::string(kPoison))};
  };
  config_.processing.timeout = 1h;
  for (unsigned kills = 1; kills <= 5; ++kills) {
    auto run = start(kills == 1 ? "lines" : "none", waits);
    ASSERT_TRUE(wait_for_slot(kills, CrashSlot::held));
    run.signal(SIGKILL);
    ASSERT_EQ(run.wait(), -SIGKILL);
    EXPECT_THAT(accused(), IsEmpty());
  }
  std::ofstream(go) << "go";
  auto last = start("none", waits);
  ASSERT_EQ(last.wait(), 0);
  EXPECT_THAT(lines_of("out"), Contains(kPoison));
  EXPECT_THAT(lines_of("err"), IsEmpty());
}

}  // namespace
}  // namespace millrace::test
