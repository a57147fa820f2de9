// What every journal must do, asked of each implementation.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "journal/durable_journal.hpp"
#include "journal/memory_journal.hpp"
#include "millrace/journal.hpp"
#include "support/temp_folder.hpp"

namespace millrace {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kLimit = 1U << 20U;

struct Kind {
  std::string name;
  bool durable = false;
  std::function<JournalPtr(const std::string& folder)> make;

  friend void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }
};

JournalPtr make_durable(const std::string& folder, Durability durability) {
  JournalConfig config;
  config.path = folder;
  config.durability = durability;
  config.max_bytes = kLimit;
  return open_durable_journal(config, {});
}

std::vector<Kind> kinds() {
  return {
      {"Memory", false,
       [](const std::string&) { return std::make_unique<MemoryJournal>(kLimit, 7U); }},
      {"Process", true,
       [](const std::string& folder) { return make_durable(folder, Durability::process); }},
      {"Power", true,
       [](const std::string& folder) { return make_durable(folder, Durability::power); }},
  };
}

class JournalContract : public ::testing::TestWithParam<Kind> {
 protected:
  static Chunk chunk(const std::string& stream, std::string bytes) {
    Chunk made;
    made.stream = stream;
    made.bytes = Payload(std::move(bytes));
    return made;
  }

  [[nodiscard]] std::error_code append(std::string bytes) {
    return journal_->append(chunk("s", std::move(bytes)));
  }

  [[nodiscard]] std::error_code commit(Offset watermark) {
    return journal_->commit({.watermark = {watermark, 0, 0}, .open = {}, .done = {}});
  }

  std::vector<Offset> drain() {
    std::vector<Offset> offsets;
    for (auto result = journal_->read(); std::holds_alternative<Entry>(result);
         result = journal_->read()) {
      offsets.push_back(std::get<Entry>(result).offset);
    }
    return offsets;
  }

  const test::TempFolder folder_;
  JournalPtr journal_ = GetParam().make(folder_.path());
};

TEST_P(JournalContract, HandsOutWhatWasAppendedInOrder) {
  ASSERT_FALSE(journal_->append(chunk("a", "one")));
  ASSERT_FALSE(journal_->append(Cut{.stream = "a", .cause = CutCause::timed_out, .last_read = 0}));
  ASSERT_FALSE(journal_->append(chunk("b", "")));

  auto result = journal_->read();
  const auto& first = std::get<Entry>(result);
  EXPECT_EQ(first.offset, 0U);
  EXPECT_EQ(first.from_byte, 0U);
  EXPECT_EQ(first.first_index, 0U);
  EXPECT_EQ(std::get<Chunk>(first.what).stream, "a");
  EXPECT_EQ(std::get<Chunk>(first.what).bytes.view(), "one");
  EXPECT_EQ(std::get<Chunk>(first.what).properties, nullptr);
  result = journal_->read();
  EXPECT_EQ(std::get<Entry>(result).offset, 1U);
  EXPECT_EQ(std::get<Cut>(std::get<Entry>(result).what).cause, CutCause::timed_out);
  result = journal_->read();
  EXPECT_EQ(std::get<Chunk>(std::get<Entry>(result).what).bytes.size(), 0U);
  EXPECT_TRUE(std::holds_alternative<NothingToRead>(journal_->read()));
}

TEST_P(JournalContract, GoesOnAfterThereWasNothingToRead) {
  EXPECT_TRUE(std::holds_alternative<NothingToRead>(journal_->read()));
  ASSERT_FALSE(append("one"));
  EXPECT_THAT(drain(), ElementsAre(0U));
  ASSERT_FALSE(append("two"));
  EXPECT_THAT(drain(), ElementsAre(1U));
}

TEST_P(JournalContract, CountsWhatIsNotRead) {
  EXPECT_EQ(journal_->unread(), 0U);
  ASSERT_FALSE(append("one"));
  ASSERT_FALSE(append("two"));
  EXPECT_EQ(journal_->unread(), 2U);
  (void)journal_->read();
  EXPECT_EQ(journal_->unread(), 1U);
  (void)journal_->read();
  EXPECT_EQ(journal_->unread(), 0U);
}

TEST_P(JournalContract, KeepsAPayloadThatItHandedOut) {
  ASSERT_FALSE(append("one"));
  auto result = journal_->read();
  const Payload payload = std::get<Chunk>(std::get<Entry>(result).what).bytes;
  ASSERT_FALSE(commit(1));
  journal_.reset();
  EXPECT_EQ(payload.view(), "one");
}

TEST_P(JournalContract, SaysWhatIsNotCommitted) {
  EXPECT_EQ(journal_->state().entries, 0U);
  for (int i = 0; i < 10; ++i) ASSERT_FALSE(append("x"));
  EXPECT_EQ(drain().size(), 10U);
  EXPECT_EQ(journal_->state().entries, 10U);
  EXPECT_GT(journal_->state().bytes, 0U);
  EXPECT_EQ(journal_->state().limit, kLimit);
  ASSERT_FALSE(commit(4));
  EXPECT_EQ(journal_->state().entries, 6U);
  ASSERT_FALSE(commit(10));
  EXPECT_EQ(journal_->state().entries, 0U);
  EXPECT_EQ(journal_->state().bytes, 0U);
  EXPECT_TRUE(journal_->state().writable);
}

TEST_P(JournalContract, RefusesWhatFindsNoRoomAndTakesItLater) {
  const std::string bytes(10000, 'x');
  Offset stored = 0;
  std::error_code error;
  while (!(error = append(bytes))) ++stored;
  EXPECT_EQ(error, std::errc::no_buffer_space);
  EXPECT_GT(journal_->state().bytes, kLimit * 8 / 10);
  EXPECT_LE(journal_->state().bytes, kLimit);
  EXPECT_EQ(append(bytes), std::errc::no_buffer_space);
  EXPECT_EQ(drain().size(), stored);
  ASSERT_FALSE(commit(stored));
  EXPECT_LT(journal_->state().bytes, kLimit / 4);
  EXPECT_FALSE(append(bytes));
  EXPECT_THAT(drain(), ElementsAre(stored)) << "what was refused has no offset";
}

TEST_P(JournalContract, AlwaysTakesACut) {
  while (!append(std::string(10000, 'x'))) {
  }
  for (int i = 0; i < 3000; ++i) ASSERT_FALSE(journal_->append(Cut{.stream = "s"}));
}

TEST_P(JournalContract, TakesOneEntryOfAnySizeWhenItIsEmpty) {
  const std::string large(2 * kLimit, 'x');
  EXPECT_FALSE(append(large));
  EXPECT_EQ(append(large), std::errc::no_buffer_space);
  auto result = journal_->read();
  EXPECT_EQ(std::get<Chunk>(std::get<Entry>(result).what).bytes.size(), 2 * kLimit);
  ASSERT_FALSE(commit(1));
  EXPECT_FALSE(append("x"));
}

TEST_P(JournalContract, CallsTheListenerAfterEachAppend) {
  std::vector<std::uint64_t> unread;
  journal_->on_append([&] { unread.push_back(journal_->unread()); });
  ASSERT_FALSE(append("one"));
  ASSERT_FALSE(journal_->append(Cut{.stream = "s"}));
  EXPECT_THAT(unread, ElementsAre(1U, 2U));
}

TEST_P(JournalContract, SaysWhetherItsEntriesSurvive) {
  EXPECT_EQ(journal_->durable(), GetParam().durable);
}

TEST_P(JournalContract, HandsOutEveryEntryOnceWhileSeveralThreadsAppendAndOneCommits) {
  constexpr int kThreads = 3;
  constexpr int kEach = 300;
  std::vector<std::thread> writers;
  writers.reserve(kThreads);
  for (int writer = 0; writer < kThreads; ++writer) {
    writers.emplace_back([this, writer] {
      for (int i = 0; i < kEach; ++i) {
        while (journal_->append(chunk(std::to_string(writer), std::to_string(i)))) {
          std::this_thread::yield();
        }
      }
    });
  }
  std::vector<int> next(kThreads, 0);
  Offset expected = 0;
  while (expected < Offset{kThreads} * kEach) {
    auto result = journal_->read();
    ASSERT_FALSE(std::holds_alternative<std::error_code>(result));
    const auto* entry = std::get_if<Entry>(&result);
    if (entry == nullptr) continue;
    EXPECT_EQ(entry->offset, expected++) << "dense";
    const auto& read = std::get<Chunk>(entry->what);
    EXPECT_EQ(read.bytes.view(), std::to_string(next[std::stoul(read.stream)]++));
    if (expected % 10 == 0) {
      ASSERT_FALSE(commit(expected));
    }
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(journal_->unread(), 0U);
}

TEST_P(JournalContract, Closes) {
  ASSERT_FALSE(append("one"));
  EXPECT_FALSE(journal_->close());
}

INSTANTIATE_TEST_SUITE_P(Of, JournalContract, ::testing::ValuesIn(kinds()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace millrace
