// A replay from any commit makes the frames that were not done, with the same ids, and no others.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "framing/framers.hpp"
#include "pipeline/framing_stage.hpp"
#include "unit/pipeline/idle_scheduler.hpp"
#include "unit/pipeline/recorded_journal.hpp"

namespace millrace {
namespace {

struct Seen {
  EventId id;
  std::string raw;
  std::string defect;
  bool duplicate = false;
  friend bool operator==(const Seen&, const Seen&) = default;
};

/// A framing stage over a recorded journal, driven by hand.
class Life {
 public:
  Life(test::RecordedJournal& journal, const Config& config, Dedupe* dedupe = nullptr)
      : journal_(journal),
        ledger_(journal, timers_, 4,
                {.committed = [] {}, .failed = [](std::error_code) { ADD_FAILURE(); }}),
        stage_(
            journal, ledger_, credits_,
            [config] { return make_framer(config.framing, config.limits, false); }, config.framing,
            config.limits, observer_,
            {.stream_broken = [](const std::string&) {},
             .failed = [](std::error_code) { ADD_FAILURE(); }},
            dedupe) {}

  /// Cuts one frame if there is one.
  bool step() {
    EXPECT_TRUE(credits_.take());
    const auto frame = stage_.next(credits_.adopt());
    if (!frame) return false;
    EXPECT_EQ(frame->number, seen.size()) << "dense";
    seen.push_back({frame->id, std::string(frame->raw.view()), frame->defect, frame->duplicate});
    redelivered.push_back(frame->redelivered);
    open.insert(frame->number);
    return true;
  }
  void confirm(std::uint64_t number) {
    open.erase(number);
    ledger_.confirmed(number);
  }
  void pass_time(Duration time) { stage_.waited(time); }
  void end_streams() { stage_.end_streams(); }
  void fire_timers() { timers_.run_all(); }

  std::vector<Seen> seen;
  std::vector<bool> redelivered;
  std::set<std::uint64_t> open;  // cut, not confirmed

 private:
  test::RecordedJournal& journal_;
  test::IdleScheduler timers_;
  Observer observer_;
  Credits credits_{1000, 1U << 20, [](std::uint64_t) {}};
  Ledger ledger_;
  FramingStage stage_;
};

Config packets() {
  Config config;
  config.framing.type = FramingType::length_prefixed;
  config.framing.header = {"B", {"length"}};
  config.framing.header.format = ">B";
  config.limits.frame_bytes = 200;  // 201 … 255 are impossible lengths
  config.limits.partial_bytes = 3000;
  return config;
}

std::shared_ptr<const Properties> with_key(const std::string& key) {
  return std::make_shared<const Properties>(Properties{.user = {{"n", key}}});
}

// A random thing happens.
void act(std::mt19937& random, test::RecordedJournal& journal, Life& life, Duration timeout) {
  const auto dice = random() % 100;
  if (dice < 45) {
    std::string bytes(random() % 30, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random() % 100 == 0 ? 250 : random() % 12);
    Chunk chunk{.stream = "t" + std::to_string(random() % 8),
                .bytes = Payload(bytes),
                .properties = with_key(std::to_string(random() % 60)),
                .received = {},
                .redelivered = random() % 10 == 0};
    ASSERT_FALSE(journal.append(std::move(chunk)));
  } else if (dice < 48) {
    ASSERT_FALSE(journal.append(Cut{.stream = "t" + std::to_string(random() % 8)}));
  } else if (dice < 50) {
    // It catches up, and then nothing comes for a while.
    while (life.step()) {
    }
    life.pass_time(timeout);
    life.step();
  } else if (dice < 75) {
    life.step();
  } else if (dice < 98) {
    if (life.open.empty()) return;
    auto pick = life.open.begin();
    std::advance(pick, random() % std::min<std::size_t>(life.open.size(), 5));
    life.confirm(*pick);
  } else {
    life.fire_timers();
  }
}

// One random life of a stream of packets on several topics, interrupted at some point. The defects
// that the replay made are added to `defects`.
void live_and_replay(std::uint32_t seed, std::set<std::string>& defects) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const Config config = packets();
  test::RecordedJournal journal;
  // What it has written when it is killed is all or nothing of what came after the commit; all
  // here: an event must not meet its own key.
  Dedupe dedupe({.key = "property:n", .window = 1000}, 64);
  Life first(journal, config, &dedupe);
  const bool source_ends = random() % 2 == 0;
  for (int acts = 0; acts < 300; ++acts) {
    if (acts == 290 && source_ends) first.end_streams();
    act(random, journal, first, config.framing.timeout);
  }
  const Commit last = journal.commits.empty() ? Commit{} : journal.commits.back();

  // What the watermark covers, by the ids alone: all numbers below the first one that is not done,
  // as of the last commit. Every frame cut after must come again, in the same order.
  while (first.step()) {
  }
  test::RecordedJournal again;
  again.all = journal.all;
  again.tail = test::replay(journal.all, last);
  Life second(again, config, &dedupe);
  while (second.step()) {
  }

  ASSERT_LE(second.seen.size(), first.seen.size());
  const auto covered = first.seen.size() - second.seen.size();
  for (std::size_t i = 0; i < second.seen.size(); ++i) {
    ASSERT_EQ(second.seen[i], first.seen[covered + i]) << "frame " << i << " of the replay";
    ASSERT_EQ(second.redelivered[i], first.redelivered[covered + i]) << "frame " << i;
    defects.insert(second.seen[i].defect);
  }
  for (const auto number : first.open) {
    EXPECT_GE(number, covered) << "not confirmed, and yet the watermark has passed it";
  }
}

TEST(Replay, MakesTheSameFramesAndIdsFromEveryCommit) {
  const auto seed = std::random_device{}();
  std::set<std::string> defects;
  for (std::uint32_t round = 0; round < 400; ++round) live_and_replay(seed + round, defects);
  using ::testing::Contains;
  using ::testing::HasSubstr;
  EXPECT_THAT(defects, Contains(HasSubstr("within framing.timeout")));
  EXPECT_THAT(defects, Contains(HasSubstr("the stream ended inside a frame")));
  EXPECT_THAT(defects, Contains(HasSubstr("limits.partial_bytes is used up")));
  EXPECT_THAT(defects, Contains(HasSubstr("250")));
  EXPECT_THAT(defects, Contains("")) << "and whole ones";
}

TEST(Replay, MarksAFrameOfWhichAnyChunkMayBeARepeat) {
  test::RecordedJournal journal;
  const auto publish = [&](const std::string& bytes, bool redelivered) {
    Chunk chunk{.stream = "t",
                .bytes = Payload(bytes),
                .properties = nullptr,
                .received = {},
                .redelivered = redelivered};
    ASSERT_FALSE(journal.append(std::move(chunk)));
  };
  publish("\x01x", false);
  publish("\x01y", true);
  publish("\x02", false);
  publish("ab", true);
  publish("\x01z\x02", true);
  publish("cd\x01w", false);
  Life run(journal, packets());
  while (run.step()) {
  }
  EXPECT_THAT(run.redelivered, ::testing::ElementsAre(false, true, true, true, true, false));
}

TEST(Replay, VoidsATimeOutWhereTheStreamHasBeenContinuedSince) {
  const auto publish = [](test::RecordedJournal& journal, const std::string& bytes) {
    Chunk chunk{.stream = "t", .bytes = Payload(bytes), .properties = nullptr, .received = {}};
    ASSERT_FALSE(journal.append(std::move(chunk)));
  };
  test::RecordedJournal journal;
  publish(journal,
          "\x03"
          "a");
  publish(journal, "b");
  // Decided when only the first entry had been read.
  ASSERT_FALSE(
      journal.append(Cut{.stream = "t", .cause = CutCause::timed_out, .last_read = Offset{0}}));
  publish(journal, "c");
  Life run(journal, packets());
  while (run.step()) {
  }
  ASSERT_EQ(run.seen.size(), 1U);
  EXPECT_EQ(run.seen[0].raw,
            "\x03"
            "abc");
  EXPECT_EQ(run.seen[0].defect, "");
}

}  // namespace
}  // namespace millrace
