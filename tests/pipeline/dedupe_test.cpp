// Duplicates in the real graph.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "pipeline/harness.hpp"

namespace millrace::test {
namespace {

using ::testing::ElementsAre;

class FilterBook final : public Observer {
 public:
  void outcome_filtered(const Outcome& outcome) override {
    const std::lock_guard lock(mutex_);
    filtered.push_back(std::to_string(outcome.frame->id.offset) + " " +
                       std::get<Filtered>(outcome.verdict).reason);
    attempts += outcome.attempts;
  }
  void outcome_emitted(const Outcome&) override { ++emitted; }
  void work_started(const Frame&, const Attempt&) override { ++started; }

  std::vector<std::string> filtered;
  unsigned attempts = 0;
  std::atomic<int> emitted = 0;
  std::atomic<int> started = 0;

 private:
  std::mutex mutex_;
};

class DedupeInPipeline : public ::testing::Test {
 protected:
  DedupeInPipeline() {
    harness_.observer = &book_;
    harness_.dedupe =
        std::make_unique<Dedupe>(DedupeConfig{.key = "pointer:/id", .window = 1000}, 64);
  }
  FilterBook book_;
  Harness harness_;
};

TEST_F(DedupeInPipeline, ADuplicateIsNeverWorkedOnAndKeepsItsNumber) {
  harness_.start();
  for (const char* id : {"1", "2", "1", "3", "2", "4"}) {
    harness_.publish(std::string(R"({"id": )") + id + "}");
  }
  const auto outcomes = harness_.results.wait_for(4);
  EXPECT_TRUE(harness_.drain());
  EXPECT_THAT(texts_of(outcomes),
              ElementsAre(R"({"id": 1})", R"({"id": 2})", R"({"id": 3})", R"({"id": 4})"));
  EXPECT_EQ(outcomes.back()->frame->number, 5U);
  EXPECT_THAT(book_.filtered, ElementsAre("2 duplicate", "4 duplicate"));
  EXPECT_EQ(book_.attempts, 0U);
  EXPECT_EQ(book_.started, 4);
  EXPECT_EQ(book_.emitted, 4);
  EXPECT_EQ(harness_.journal->state().entries, 0U) << "it is done like any other";
}

TEST_F(DedupeInPipeline, WhatHasNoKeyPasses) {
  harness_.start();
  for (const char* text : {"plain", "plain", "{}", "{}", R"({"id": null})", R"({"id": null})"}) {
    harness_.publish(text);
  }
  EXPECT_EQ(harness_.results.wait_for(6).size(), 6U);
  EXPECT_TRUE(harness_.drain());
}

TEST_F(DedupeInPipeline, ADefectIsADeadLetterWhateverItHolds) {
  harness_.config.limits.frame_bytes = 10;
  harness_.start();
  harness_.publish(R"({"id": 123456789})");
  harness_.publish(R"({"id": 123456789})");
  EXPECT_EQ(harness_.dead_letters.wait_for(2).size(), 2U);
  EXPECT_TRUE(harness_.drain());
}

TEST_F(DedupeInPipeline, LinesOfOneMessageAreDuplicatesOfEachOther) {
  harness_.config.framing.type = FramingType::lines;
  harness_.start();
  harness_.publish("{\"id\": 1}\n{\"id\": 2}\n{\"id\": 1}\n");
  EXPECT_THAT(texts_of(harness_.results.wait_for(2)), ElementsAre(R"({"id": 1})", R"({"id": 2})"));
  EXPECT_TRUE(harness_.drain());
  EXPECT_THAT(book_.filtered, ElementsAre("0 duplicate"));
}

}  // namespace
}  // namespace millrace::test
