// What is done before something older: in the commit record, within its span, and not again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "framing/framers.hpp"
#include "journal/replay.hpp"
#include "pipeline/framing_stage.hpp"
#include "unit/pipeline/idle_scheduler.hpp"
#include "unit/pipeline/recorded_journal.hpp"

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kSpan = 6;

class OvertakingLedger : public ::testing::Test {
 protected:
  // A frame that is all of the entry with this offset.
  void cut_whole(Offset offset) {
    ASSERT_TRUE(credits_.take());
    ledger_.cut("s", {offset, 0, 0}, {offset + 1, 0, 0}, false, credits_.adopt());
  }
  std::vector<Offset> done_in_last() const {
    std::vector<Offset> offsets;
    for (const auto& frame : journal_.commits.back().done) offsets.push_back(frame.offset);
    return offsets;
  }

  test::RecordedJournal journal_;
  test::IdleScheduler timers_;
  int credits_back_ = 0;
  int room_again_ = 0;
  Credits credits_{100, 1000, [this](std::uint64_t) { ++credits_back_; }};
  Ledger ledger_{journal_,
                 timers_,
                 2,
                 {.committed = [] {},
                  .failed = [](std::error_code) { ADD_FAILURE(); },
                  .has_room = [this] { ++room_again_; }},
                 {true, kSpan}};
};

TEST_F(OvertakingLedger, ListsWhatIsDoneBeyondTheWatermarkAndGivesItsCreditsBack) {
  for (Offset offset = 0; offset < 4; ++offset) cut_whole(offset);
  ledger_.confirmed(2);
  EXPECT_EQ(credits_back_, 0) << "not before the record";
  ledger_.confirmed(3);
  EXPECT_EQ(journal_.commits.back().watermark, (Point{0, 0, 0}));
  EXPECT_THAT(done_in_last(), ElementsAre(2, 3));
  EXPECT_EQ(credits_back_, 2);
}

TEST_F(OvertakingLedger, ListsItNoMoreOnceTheWatermarkHasPassed) {
  for (Offset offset = 0; offset < 4; ++offset) cut_whole(offset);
  ledger_.confirmed(1);
  timers_.run_all();
  EXPECT_THAT(done_in_last(), ElementsAre(1));
  ledger_.confirmed(0);
  timers_.run_all();
  EXPECT_EQ(journal_.commits.back().watermark, (Point{2, 0, 0}));
  EXPECT_THAT(done_in_last(), IsEmpty());
  EXPECT_EQ(credits_back_, 2) << "each once";
}

TEST_F(OvertakingLedger, HasNoRoomBeyondItsSpanUntilTheWatermarkMoves) {
  for (Offset offset = 0; offset < kSpan; ++offset) {
    EXPECT_TRUE(ledger_.has_room());
    cut_whole(offset);
  }
  EXPECT_FALSE(ledger_.has_room());
  for (std::uint64_t number = 1; number < kSpan; ++number) ledger_.confirmed(number);
  timers_.run_all();
  EXPECT_FALSE(ledger_.has_room()) << "all credits but one are back, and yet";
  EXPECT_EQ(credits_back_, 5);
  EXPECT_EQ(room_again_, 0);
  ledger_.confirmed(0);
  EXPECT_TRUE(ledger_.has_room());
  EXPECT_EQ(room_again_, 1);
}

TEST_F(OvertakingLedger, WhatWasPassedOverTakesPartOfTheSpan) {
  cut_whole(0);
  for (Offset offset = 1; offset < kSpan; ++offset) {
    ledger_.passed_over("s", {offset, 0, 0}, {offset + 1, 0, 0}, false);
  }
  EXPECT_FALSE(ledger_.has_room());
  ledger_.passed({kSpan, 0, 0});
  ledger_.confirmed(0);
  EXPECT_EQ(journal_.commits.back().watermark, (Point{kSpan, 0, 0}));
  EXPECT_TRUE(ledger_.has_room());
}

TEST_F(OvertakingLedger, HasRoomWhereNothingIsInFlightHoweverMuchWasPassedOver) {
  for (Offset offset = 0; offset < 2 * kSpan; ++offset) {
    ledger_.passed_over("s", {offset, 0, 0}, {offset + 1, 0, 0}, false);
  }
  EXPECT_TRUE(ledger_.has_room());
}

TEST_F(OvertakingLedger, KeepsAStreamOpenAroundAFrameThatWasPassedOver) {
  cut_whole(1);
  cut_whole(2);
  ledger_.opened("t", {0, 3, 1});
  ledger_.passed_over("t", {0, 3, 1}, {4, 2, 0}, true);
  ledger_.confirmed(0);
  timers_.run_all();
  ASSERT_EQ(journal_.commits.back().watermark, (Point{2, 0, 0}));
  ASSERT_EQ(journal_.commits.back().open.size(), 1U) << "its end is beyond the watermark";
  EXPECT_EQ(journal_.commits.back().open[0].start, (Point{0, 3, 1}));
  ledger_.passed({4, 2, 0});
  ledger_.confirmed(1);
  EXPECT_EQ(journal_.commits.back().watermark, (Point{4, 2, 0}));
  EXPECT_THAT(journal_.commits.back().open, IsEmpty());
}

TEST(Overtaking, SpanIsSixteenTimesWhatIsInFlightWithinLimits) {
  Config config;
  EXPECT_FALSE(Overtaking::of(config).listed);
  config.processing.order = Order::key;
  EXPECT_TRUE(Overtaking::of(config).listed);
  EXPECT_EQ(Overtaking::of(config).span, 16U * 64U);
  config.processing.order = Order::none;
  config.limits.in_flight = 65536;
  EXPECT_EQ(Overtaking::of(config).span, 65536U + 4096U);
}

// A journal that is killed and opened again, as the durable one: what it hands out then and what it
// makes of commits is `Replay`'s.
class ReopenedJournal final : public Journal {
 public:
  ReopenedJournal(std::vector<Entry>& all, const Commit& newest) : all_(all), replay_(newest) {}
  std::error_code append(Chunk chunk) override { return add(std::move(chunk)); }
  std::error_code append(Cut cut) override { return add(std::move(cut)); }
  ReadResult read() override {
    while (next_ < all_.size()) {
      Entry entry = all_[next_++];
      const auto* chunk = std::get_if<Chunk>(&entry.what);
      const auto bytes = chunk ? std::optional<std::uint64_t>(chunk->bytes.size()) : std::nullopt;
      const auto& stream = chunk ? chunk->stream : std::get<Cut>(entry.what).stream;
      const auto begin = replay_.begin_of(entry.offset, stream, bytes);
      if (!begin) continue;
      entry.from_byte = begin->byte;
      entry.first_index = begin->index;
      entry.done = replay_.done_in(entry.offset, begin->index);
      return entry;
    }
    return NothingToRead{};
  }
  std::uint64_t unread() const noexcept override { return all_.size() - next_; }
  std::error_code commit(const Commit& commit) override {
    last = replay_.continued(commit);
    ++commits;
    return {};
  }
  JournalState state() const override { return {}; }
  bool durable() const noexcept override { return true; }
  std::uint32_t epoch() const noexcept override { return 1; }
  void on_append(std::function<void()>) override {}
  std::error_code close() override { return {}; }

  std::optional<Commit> last;
  int commits = 0;

 private:
  std::error_code add(std::variant<Chunk, Cut> what) {
    all_.push_back({.offset = all_.size(), .what = std::move(what)});
    return {};
  }

  std::vector<Entry>& all_;
  const Replay replay_;
  std::size_t next_ = 0;
};

/// A framing stage and a ledger between two kills, driven by hand.
class BetweenKills {
 public:
  BetweenKills(std::vector<Entry>& all, const Commit& last, std::uint64_t span,
               const Config& config)
      : journal(all, last),
        ledger_(journal, timers_, 4,
                {.committed = [] {}, .failed = [](std::error_code) { ADD_FAILURE(); }},
                {true, span}),
        stage_(journal, ledger_, credits_,
               [config] { return make_framer(config.framing, config.limits, false); },
               config.framing, config.limits, observer_,
               {.stream_broken = [](const std::string&) {},
                .failed = [](std::error_code) { ADD_FAILURE(); }}) {}

  bool step() {
    EXPECT_TRUE(credits_.take());
    const auto frame = stage_.next(credits_.adopt());
    if (!frame) return false;
    EXPECT_EQ(frame->number, cut.size()) << "dense";
    cut.push_back(frame->id);
    raw.emplace_back(frame->raw.view());
    open.insert(frame->number);
    return true;
  }
  void confirm(std::uint64_t number) {
    open.erase(number);
    confirmed.insert(cut[number]);
    const int before = journal.commits;
    ledger_.confirmed(number);
    if (journal.commits != before) covered = confirmed;
  }
  void fire_timers() {
    const int before = journal.commits;
    timers_.run_all();
    if (journal.commits != before) covered = confirmed;
  }

  ReopenedJournal journal;
  std::vector<EventId> cut;
  std::vector<std::string> raw;
  std::set<std::uint64_t> open;
  std::set<EventId> confirmed;
  std::set<EventId> covered;  // confirmed when the last record was written

 private:
  test::IdleScheduler timers_;
  Observer observer_;
  Credits credits_{1000, 1U << 20, [](std::uint64_t) {}};
  Ledger ledger_;
  FramingStage stage_;
};

class OvertakingReplay : public ::testing::Test {
 protected:
  OvertakingReplay() {
    config_.framing.type = FramingType::length_prefixed;
    config_.framing.header = {">B", {"length"}};
    config_.limits.frame_bytes = 200;  // 201 … 255 are impossible lengths
    config_.limits.partial_bytes = 3000;
  }

  void append(Journal& journal) {
    if (random_() % 12 == 0) {
      ASSERT_FALSE(journal.append(Cut{.stream = "t" + std::to_string(random_() % 6)}));
      return;
    }
    std::string bytes(random_() % 30, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random_() % 100 == 0 ? 250 : random_() % 12);
    ASSERT_FALSE(journal.append(Chunk{.stream = "t" + std::to_string(random_() % 6),
                                      .bytes = Payload(bytes),
                                      .properties = nullptr,
                                      .received = {}}));
  }

  void act(BetweenKills& run) {
    const auto dice = random_() % 100;
    if (dice < 35) {
      append(run.journal);
    } else if (dice < 65) {
      run.step();
    } else if (dice < 95) {
      // The oldest ones are slow.
      if (run.open.empty() || (run.open.size() < 3 && random_() % 8 != 0)) return;
      const auto skip = random_() % 4 == 0 ? 0 : std::min<std::size_t>(run.open.size() - 1, 2);
      run.confirm(*std::next(run.open.begin(), static_cast<std::ptrdiff_t>(
                                                   skip + random_() % (run.open.size() - skip))));
    } else {
      run.fire_timers();
    }
  }

  // Several runs over one journal, each killed somewhere.
  void live(std::uint32_t seed, std::size_t& listed_most) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_.seed(seed);
    constexpr std::uint64_t kRoom = 24;
    std::vector<Entry> all;
    Commit last;
    std::set<EventId> done;
    for (int life = 0; life < 6; ++life) {
      BetweenKills run(all, last, kRoom, config_);
      for (int acts = 0; acts < 120; ++acts) act(run);
      done.insert(run.covered.begin(), run.covered.end());
      if (run.journal.last) last = *run.journal.last;
      listed_most = std::max(listed_most, last.done.size());
      ASSERT_LE(last.done.size(), kRoom);
      expect_the_rest(all, last, done);
      if (HasFailure()) return;
    }
  }

  // Neither more nor less than what no record has called done, in the order of the stream.
  void expect_the_rest(std::vector<Entry>& all, const Commit& last, const std::set<EventId>& done) {
    constexpr std::uint64_t kNoBound = 1'000'000;
    BetweenKills undisturbed(all, {}, kNoBound, config_);
    while (undisturbed.step()) {
    }
    BetweenKills again(all, last, kNoBound, config_);
    while (again.step()) {
    }
    std::vector<EventId> ids;
    std::vector<std::string> raw;
    for (std::size_t i = 0; i < undisturbed.cut.size(); ++i) {
      if (done.contains(undisturbed.cut[i])) continue;
      ids.push_back(undisturbed.cut[i]);
      raw.push_back(undisturbed.raw[i]);
    }
    ASSERT_EQ(again.raw, raw);
    ASSERT_EQ(again.cut, ids);
  }

  Config config_;
  std::mt19937 random_;
};

TEST_F(OvertakingReplay, MakesExactlyWhatNoRecordCallsDoneOverManyRestarts) {
  const auto seed = std::random_device{}();
  std::size_t listed_most = 0;
  for (std::uint32_t round = 0; round < 80 && !HasFailure(); ++round) {
    live(seed + round, listed_most);
  }
  EXPECT_GT(listed_most, 12U) << "the lists have been long";
}

}  // namespace
}  // namespace millrace
