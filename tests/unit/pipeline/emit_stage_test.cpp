#include "pipeline/emit_stage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace millrace {
namespace {

using ::testing::ElementsAre;

using Story = std::vector<std::string>;

class TellingSink final : public Sink {
 public:
  TellingSink(std::string name, Story& story) : name_(std::move(name)), story_(story) {}
  void start(Deliveries&) override {}
  std::optional<std::string> unfit(const Frame&, const Result&) const override { return {}; }
  void accept(OutcomePtr) override { story_.push_back(name_); }
  void stop() override {}

 private:
  const std::string name_;
  Story& story_;
};

class TellingObserver final : public Observer {
 public:
  explicit TellingObserver(Story& story) : story_(story) {}
  void outcome_emitted(const Outcome&) override { story_.emplace_back("emitted"); }
  void outcome_filtered(const Outcome& outcome) override {
    story_.push_back("filtered" + std::get<Filtered>(outcome.verdict).reason);
  }
  void outcome_dropped(const Outcome&) override { story_.emplace_back("dropped"); }

 private:
  Story& story_;
};

/// What happens when one outcome is emitted, in order.
Story emitted(Verdict verdict, OnFailure on_failure = OnFailure::dead_letter) {
  Story story;
  TellingSink results("to the results", story);
  TellingSink dead_letters("to the dead letters", story);
  TellingObserver observer(story);
  ProcessingConfig processing;
  processing.on_failure = on_failure;
  EmitStage stage(results, dead_letters, processing, observer,
                  {.settled = [&](std::uint64_t) { story.emplace_back("settled"); },
                   .stopped = [&](const Outcome&) { story.emplace_back("stopped"); }});
  const auto frame = std::make_shared<const Frame>();
  stage.take({0, std::make_shared<const Outcome>(Outcome{frame, std::move(verdict)})});
  return story;
}

TEST(EmitStage, TellsOfAResultOnce) {
  EXPECT_THAT(emitted(Result{}), ElementsAre("emitted", "to the results"));
}

TEST(EmitStage, TellsOfADeadLetterOnce) {
  EXPECT_THAT(emitted(Rejected{"no"}), ElementsAre("emitted", "to the dead letters"));
  EXPECT_THAT(emitted(Failed{"no"}), ElementsAre("emitted", "to the dead letters"));
}

TEST(EmitStage, TellsOfWhatIsFilteredAndWhyAndCallsItNotEmitted) {
  EXPECT_THAT(emitted(Filtered{}), ElementsAre("filtered", "settled"));
  EXPECT_THAT(emitted(Filtered{" as a duplicate"}),
              ElementsAre("filtered as a duplicate", "settled"));
}

TEST(EmitStage, TellsOfWhatIsDroppedAndCallsItNotEmitted) {
  EXPECT_THAT(emitted(Rejected{"no"}, OnFailure::drop), ElementsAre("dropped", "settled"));
  EXPECT_THAT(emitted(Failed{"no"}, OnFailure::drop), ElementsAre("dropped", "settled"));
}

TEST(EmitStage, TellsItsOwnerAloneOfWhatStopsTheRun) {
  EXPECT_THAT(emitted(Rejected{"no"}, OnFailure::stop), ElementsAre("stopped"));
}

}  // namespace
}  // namespace millrace
