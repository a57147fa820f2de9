// Duplicates in the real graph.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "dedupe/generations.hpp"
#include "pipeline/harness.hpp"
#include "support/temp_folder.hpp"

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

TEST_F(DedupeInPipeline, ADefectIsADeadLetterAndItsKeyIsNotTaken) {
  harness_.config.limits.frame_bytes = 10;
  harness_.dedupe = std::make_unique<Dedupe>(DedupeConfig{.key = "property:n", .window = 1000}, 64);
  harness_.start();
  const auto key = std::make_shared<const Properties>(Properties{.user = {{"n", "1"}}});
  for (const char* text : {"longer than that", "longer than that", "short", "again"}) {
    Chunk chunk{
        .stream = "s", .bytes = Payload(std::string(text)), .properties = key, .received = {}};
    ASSERT_FALSE(harness_.journal->append(std::move(chunk)));
  }
  EXPECT_THAT(texts_of(harness_.results.wait_for(1)), ElementsAre("short"));
  EXPECT_TRUE(harness_.drain());
  EXPECT_EQ(harness_.dead_letters.outcomes().size(), 2U);
  EXPECT_THAT(book_.filtered, ElementsAre("3 duplicate"));
}

TEST_F(DedupeInPipeline, LinesOfOneMessageAreDuplicatesOfEachOther) {
  harness_.config.framing.type = FramingType::lines;
  harness_.start();
  harness_.publish("{\"id\": 1}\n{\"id\": 2}\n{\"id\": 1}\n");
  EXPECT_THAT(texts_of(harness_.results.wait_for(2)), ElementsAre(R"({"id": 1})", R"({"id": 2})"));
  EXPECT_TRUE(harness_.drain());
  EXPECT_THAT(book_.filtered, ElementsAre("0 duplicate"));
}

/// Looks, at every commit, at what is on disk of the window.
class CommitWatch final : public Journal {
 public:
  explicit CommitWatch(std::string path) : path_(std::move(path)) {}
  std::error_code append(Chunk chunk) override { return journal_.append(std::move(chunk)); }
  std::error_code append(Cut cut) override { return journal_.append(std::move(cut)); }
  ReadResult read() override { return journal_.read(); }
  std::uint64_t unread() const noexcept override { return journal_.unread(); }
  std::error_code commit(const Commit& commit) override {
    std::set<Offset> written;
    const Folder folder(path_, std::make_shared<FileLayer>(), false);
    (void)read_generations(folder, 1, [&](const SeenKey& key) { written.insert(key.offset); });
    for (Offset offset = 0; offset < commit.watermark.offset; ++offset) {
      missing += written.count(offset) == 0 ? 1 : 0;
    }
    ++commits;
    return journal_.commit(commit);
  }
  JournalState state() const override { return journal_.state(); }
  bool durable() const noexcept override { return true; }
  std::uint32_t epoch() const noexcept override { return 1; }
  void on_append(std::function<void()> listener) override {
    journal_.on_append(std::move(listener));
  }
  std::error_code close() override { return {}; }

  int missing = 0;
  int commits = 0;

 private:
  const std::string path_;
  MemoryJournal journal_{1U << 30U, 1};
};

// Else a restart would know an event as done, and let its repeat through.
TEST(DedupeOnDisk, HasEveryKeyBeforeTheCommitThatCoversItsEvent) {
  const TempFolder temp;
  const auto path = temp.path().string();
  Harness harness;
  harness.dedupe = std::make_unique<Dedupe>(DedupeConfig{.key = "pointer:/id", .window = 1000}, 64,
                                            Folder(path, std::make_shared<FileLayer>(), false),
                                            KeyLogOptions{.epoch = 1, .next = 0});
  auto journal = std::make_unique<CommitWatch>(path);
  auto& watch = *journal;
  harness.start(std::move(journal));
  constexpr int kCount = 500;
  for (int i = 0; i < kCount; ++i) harness.publish(R"({"id": )" + std::to_string(i) + "}");
  EXPECT_EQ(harness.results.wait_for(kCount).size(), std::size_t{kCount});
  EXPECT_TRUE(harness.drain());
  EXPECT_GT(watch.commits, 0);
  EXPECT_EQ(watch.missing, 0);
}

}  // namespace
}  // namespace millrace::test
