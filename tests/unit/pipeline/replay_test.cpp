// A replay from any commit makes the frames that were not done, with the same ids, and no others.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
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
  Life(test::RecordedJournal& journal, const Config& config, Dedupe* dedupe = nullptr,
       bool connections = false)
      : journal_(journal),
        ledger_(journal, timers_, 4,
                {.committed = [] {}, .failed = [](std::error_code) { ADD_FAILURE(); }}),
        stage_(
            journal, ledger_, credits_,
            [config, connections] {
              return make_framer(config.framing, config.limits, connections);
            },
            config.framing, config.limits, observer_,
            {.stream_broken = [this](const std::string& stream) { broken.push_back(stream); },
             .failed = [](std::error_code) { ADD_FAILURE(); }},
            dedupe, connections) {}

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
  std::vector<std::string> broken;

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

/// Eight streams at a time. A topic lives on after a cut, a connection's name never comes again.
class Names {
 public:
  explicit Names(bool connections) : connections_(connections) {}

  std::string any(std::mt19937& random) const {
    const auto which = random() % cuts_.size();
    return "t" + std::to_string(which) + "." + std::to_string(cuts_.at(which));
  }
  void cut(const std::string& name) {
    if (connections_) ++cuts_.at(static_cast<std::size_t>(name[1] - '0'));
  }

 private:
  const bool connections_;
  std::array<int, 8> cuts_{};
};

// A random thing happens.
void act(std::mt19937& random, Names& names, test::RecordedJournal& journal, Life& life,
         Duration timeout) {
  const auto dice = random() % 100;
  if (dice < 45) {
    std::string bytes(random() % 30, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random() % 100 == 0 ? 250 : random() % 12);
    Chunk chunk{.stream = names.any(random),
                .bytes = Payload(bytes),
                .properties = with_key(std::to_string(random() % 60)),
                .received = {},
                .redelivered = random() % 10 == 0};
    ASSERT_FALSE(journal.append(std::move(chunk)));
  } else if (dice < 48) {
    const auto name = names.any(random);
    names.cut(name);
    ASSERT_FALSE(journal.append(Cut{.stream = name}));
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

// One random life of a stream of packets on several topics, or of connections, interrupted at some
// point. The defects that the replay made are added to `defects`.
void live_and_replay(std::uint32_t seed, std::set<std::string>& defects, bool connections) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const Config config = packets();
  test::RecordedJournal journal;
  // What it has written when it is killed is all or nothing of what came after the commit; all
  // here: an event must not meet its own key.
  Dedupe dedupe({.key = "property:n", .window = 1000}, 64);
  Life first(journal, config, &dedupe, connections);
  const bool source_ends = random() % 2 == 0;
  Names names(connections);
  for (int acts = 0; acts < 300; ++acts) {
    if (acts == 290 && source_ends) first.end_streams();
    act(random, names, journal, first, config.framing.timeout);
  }
  const Commit last = journal.commits.empty() ? Commit{} : journal.commits.back();

  // What the watermark covers, by the ids alone: all numbers below the first one that is not done,
  // as of the last commit. Every frame cut after must come again, in the same order.
  while (first.step()) {
  }
  test::RecordedJournal again;
  again.all = journal.all;
  again.tail = test::replay(journal.all, last);
  Life second(again, config, &dedupe, connections);
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

class Replay : public ::testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(Of, Replay, ::testing::Bool(), [](const auto& connections) {
  return connections.param ? "Connections" : "Topics";
});

TEST_P(Replay, MakesTheSameFramesAndIdsFromEveryCommit) {
  const auto seed = std::random_device{}();
  std::set<std::string> defects;
  for (std::uint32_t round = 0; round < 400; ++round) {
    live_and_replay(seed + round, defects, GetParam());
  }
  using ::testing::Contains;
  using ::testing::HasSubstr;
  EXPECT_THAT(defects, Contains(HasSubstr("within framing.timeout")));
  EXPECT_THAT(defects, Contains(HasSubstr("the stream ended inside a frame")));
  EXPECT_THAT(defects, Contains(HasSubstr("limits.partial_bytes is used up")));
  EXPECT_THAT(defects, Contains(HasSubstr("250")));
  EXPECT_THAT(defects, Contains("")) << "and whole ones";
}

TEST(ReplayedEntries, MarkAFrameOfWhichAnyChunkMayBeARepeat) {
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

TEST(ReplayedEntries, VoidATimeOutWhereTheStreamHasBeenContinuedSince) {
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

// What a process finds in the journal of another one, which had connections.
class InheritedConnections : public ::testing::Test {
 protected:
  void receive(const std::string& stream, const std::string& bytes) {
    Chunk chunk{.stream = stream, .bytes = Payload(bytes), .properties = nullptr, .received = {}};
    ASSERT_FALSE(journal_.append(std::move(chunk)));
  }

  // Another process begins.
  void restart() {
    journal_.waiting = {0, journal_.all.size()};
    run_ = std::make_unique<Life>(journal_, packets(), nullptr, true);
  }

  std::vector<std::string> frames() {
    while (run_->step()) {
    }
    std::vector<std::string> texts;
    for (const Seen& each : run_->seen) {
      texts.push_back(each.raw + (each.defect.empty() ? "" : "!"));
    }
    return texts;
  }

  std::size_t cuts() const {
    return static_cast<std::size_t>(
        std::count_if(journal_.all.begin(), journal_.all.end(),
                      [](const Entry& entry) { return std::holds_alternative<Cut>(entry.what); }));
  }

  test::RecordedJournal journal_;
  std::unique_ptr<Life> run_;
};

TEST_F(InheritedConnections, AreCutWithoutAnyTimePassing) {
  receive("old",
          "\x02"
          "ab"
          "\x03"
          "c");
  restart();
  EXPECT_THAT(frames(), ::testing::ElementsAre("\x02"
                                               "ab",
                                               "\x03"
                                               "c!"));
  EXPECT_EQ(cuts(), 1U) << "in the journal, for the next replay";
}

TEST_F(InheritedConnections, AreCutAlsoWhenNewOnesNeverPause) {
  receive("old",
          "\x03"
          "c");
  restart();
  receive("new", "\x01x\x02");
  receive("new", "yz");
  EXPECT_THAT(frames(), ::testing::ElementsAre("\x01x", "\x02yz",
                                               "\x03"
                                               "c!"));
}

TEST_F(InheritedConnections, AreCutOnceWhereTheirsStoodInTheJournalAlready) {
  receive("old",
          "\x03"
          "c");
  ASSERT_FALSE(journal_.append(Cut{.stream = "old"}));
  restart();
  EXPECT_THAT(frames(), ::testing::ElementsAre("\x03"
                                               "c!"));
  EXPECT_EQ(cuts(), 1U);
}

TEST_F(InheritedConnections, ThatWereBrokenAreReadNoFurther) {
  restart();
  receive("bad", "\xff garbage");
  EXPECT_THAT(frames(), ::testing::ElementsAre("\xff garbage!"));
  EXPECT_THAT(run_->broken, ::testing::ElementsAre("bad"));
  receive("bad", "\x01x\x01y");
  receive("good", "\x01z");
  EXPECT_THAT(frames(), ::testing::ElementsAre("\xff garbage!", "\x01z"));
  run_->confirm(0);
  run_->fire_timers();
  ASSERT_FALSE(journal_.commits.empty());  // and dies before it has closed the connection
  const Commit last = journal_.commits.back();
  journal_.tail = test::replay(journal_.all, last);
  restart();
  EXPECT_THAT(frames(), ::testing::ElementsAre("\x01z"));
}

TEST_F(InheritedConnections, LeaveNothingInTheCommitRecordsOnceTheyAreCut) {
  restart();
  receive("bad", "\xff garbage");
  EXPECT_EQ(frames().size(), 1U);
  run_->confirm(0);
  EXPECT_EQ(journal_.commits.back().open.size(), 1U);
  ASSERT_FALSE(journal_.append(Cut{.stream = "bad"}));
  receive("good", "\x01z");
  EXPECT_EQ(frames().size(), 2U);
  run_->confirm(1);
  EXPECT_THAT(journal_.commits.back().open, ::testing::IsEmpty());
}

TEST_F(InheritedConnections, OrTheirSuccessorsAreBrokenWhereAFrameTimesOut) {
  restart();
  receive("slow",
          "\x02"
          "a");
  EXPECT_TRUE(frames().empty());
  run_->pass_time(packets().framing.timeout);
  EXPECT_THAT(frames(), ::testing::ElementsAre("\x02"
                                               "a!"));
  EXPECT_THAT(run_->broken, ::testing::ElementsAre("slow"));
  receive("slow", "b\x01x");
  EXPECT_EQ(frames().size(), 1U) << "what follows is no beginning";
}

}  // namespace
}  // namespace millrace
