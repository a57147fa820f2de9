// kill -9 at any moment: nothing lost, at most the window twice, and soon back.
#include <algorithm>
#include <vector>

#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kWindow = 64;  // limits.in_flight
constexpr auto kFirstResult = 3s;

class KillMinusNine : public RigCase {
 protected:
  // Kills and starts again `count` times, each start after `least` to `most`.
  void kill_often(Rig& rig, int count, milliseconds least, milliseconds most) {
    for (; count > 0; --count) {
      lapse(between(least, most));
      kill_and_start(rig);
    }
  }

  void kill_and_start(Rig& rig) {
    rig.kill();
    rig.fence();  // what the killed one had sent is seen: the rest is the next one's
    note_repeats(rig);
    journal_.push_back(rig.journal_bytes());
    ++kills_;
    started_ = Rig::Clock::now();
    seen_at_start_ = rig.oracle.seen();
    rig.start();
  }

  void expect_soon_a_result(Rig& rig) {
    const auto first = rig.time_to_more_than(seen_at_start_, started_);
    ASSERT_TRUE(first) << rig.output();
    EXPECT_LE(*first, kFirstResult);
    first_result_.push_back(first->count());
  }

  void expect_window_kept() {
    const auto most = repeats_.empty() ? 0 : *std::max_element(repeats_.begin(), repeats_.end());
    EXPECT_LE(most, kWindow) << "sent twice after one kill";
    figure("kills", kills_);
    figure("repeats_per_kill_most", most);
    if (!first_result_.empty()) {
      std::sort(first_result_.begin(), first_result_.end());
      figure("first_result_ms_median", first_result_[first_result_.size() / 2]);
      figure("first_result_ms_most", first_result_.back());
    }
  }

  // The most of its last third against the most of its first; a segment more is chance.
  void expect_journal_not_to_grow(std::uint64_t segment) {
    const auto third = static_cast<std::ptrdiff_t>(journal_.size() / 3);
    ASSERT_GE(third, 1);
    const auto early = *std::max_element(journal_.begin(), journal_.begin() + third);
    const auto late = *std::max_element(journal_.end() - third, journal_.end());
    EXPECT_LE(late, early + segment);
    figure("journal_kib_early", early / 1024);
    figure("journal_kib_late", late / 1024);
  }

  void note_repeats(Rig& rig) {
    const auto now = rig.oracle.repeats();
    repeats_.push_back(now - repeats_before_);
    repeats_before_ = now;
  }

 private:
  int kills_ = 0;
  std::size_t repeats_before_ = 0;
  std::size_t seen_at_start_ = 0;
  Rig::Clock::time_point started_;
  std::vector<std::size_t> repeats_;
  std::vector<milliseconds::rep> first_result_;
  std::vector<std::uint64_t> journal_;
};

TEST_F(KillMinusNine, LosesNothingAtRandomMomentsUnderLoad) {
  Rig rig(seed_);
  rig.begin();
  rig.events.start(2000);
  for (int kill = 0; kill < scaled(12, 100); ++kill) {
    lapse(between(0ms, 900ms));
    kill_and_start(rig);
    ASSERT_NO_FATAL_FAILURE(expect_soon_a_result(rig));
  }
  expect_settled(rig, 60s);
  note_repeats(rig);
  expect_window_kept();
  expect_journal_not_to_grow(4U << 20U);
}

// Five workers do less than comes in, so there is always something to read back.
TEST_F(KillMinusNine, LosesNothingDuringReplay) {
  Rig rig(seed_, {.work = RigOptions::Work::square});
  rig.variables["PROCESSING_DELAY"] = "5ms";
  rig.begin();
  rig.events.publish(2000);
  rig.events.start(500);
  kill_often(rig, scaled(10, 60), 20ms, 400ms);
  expect_settled(rig, 60s);
  note_repeats(rig);
  expect_window_kept();
}

TEST_F(KillMinusNine, LosesNothingInBurstsOfTwenty) {
  Rig rig(seed_);
  rig.begin();
  rig.events.start(2000);
  for (int burst = 0; burst < scaled(2, 10); ++burst) {
    lapse(between(500ms, 1500ms));
    kill_often(rig, 20, 0ms, 150ms);
    ASSERT_NO_FATAL_FAILURE(expect_soon_a_result(rig));
  }
  expect_settled(rig, 60s);
  note_repeats(rig);
  expect_window_kept();
}

}  // namespace
}  // namespace millrace::test
