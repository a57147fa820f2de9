// Random lives of a journal, killed anywhere, against a model that counts bytes and knows nothing
// of watermarks, segments or records.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "unit/journal/framed_life.hpp"
#include "unit/journal/journal_folder.hpp"

namespace millrace {
namespace {

using test::CutFrame;
using test::FramedLife;
using test::FrameKey;

class JournalModel : public JournalFolder {
 protected:
  // What the world knows: all that was appended, and which frames a commit has covered.
  std::vector<Entry> all_;
  std::vector<std::vector<bool>> covered_bytes_;
  std::set<FrameKey> done_;
  FramedLife life_;
  std::mt19937 random_;

  void live(std::uint32_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_.seed(seed);
    all_.clear();
    covered_bytes_.clear();
    done_.clear();
    std::filesystem::remove_all(config_.path);
    options_.segment_bytes = 4096;
    reborn();
    for (int act = 0; act < 250 && !HasFatalFailure(); ++act) do_something();
    check_after_kill();
  }

  void do_something() {
    const auto dice = random_() % 100;
    if (dice < 35) {
      append_chunk();
    } else if (dice < 38) {
      add(Cut{.stream = "t" + std::to_string(random_() % 5), .cause = CutCause::closed});
    } else if (dice < 70) {
      read_one();
    } else if (dice < 85) {
      if (!life_.frames.empty()) {
        life_.frames[random_() % std::min<std::size_t>(life_.frames.size(), 6)].done = true;
      }
    } else if (dice < 97) {
      commit_all();
    } else {
      check_after_kill();
      reborn();
    }
  }

  void append_chunk() {
    std::string bytes(random_() % 12, '\0');
    if (random_() % 20 == 0) bytes.resize(random_() % 3000);
    for (auto& byte : bytes) byte = static_cast<char>(random_());
    Chunk chunk;
    chunk.stream = "t" + std::to_string(random_() % 5);
    chunk.bytes = Payload(bytes);
    add(std::move(chunk));
  }

  template <typename What>
  void add(What what) {
    ASSERT_FALSE(journal_->append(what));
    covered_bytes_.emplace_back();
    if constexpr (std::is_same_v<What, Chunk>) covered_bytes_.back().resize(what.bytes.size());
    Entry entry;
    entry.offset = all_.size();
    entry.what = std::move(what);
    all_.push_back(std::move(entry));
  }

  void read_one() {
    auto result = journal_->read();
    if (const auto* entry = std::get_if<Entry>(&result)) life_.take(*entry);
    ASSERT_FALSE(std::holds_alternative<std::error_code>(result));
  }

  void commit_all() {
    auto [commit, covered] = life_.commit();
    ASSERT_FALSE(journal_->commit(commit));
    for (const auto& frame : covered) {
      for (const auto& [offset, byte] : frame.places) covered_bytes_[offset][byte] = true;
      done_.insert(frame.key);
    }
    for (const auto& frame : commit.done) done_.insert({frame.offset, frame.index});
  }

  void reborn() {
    open();
    life_ = {};
  }

  static bool has_bytes(const Entry& entry) {
    const auto* chunk = std::get_if<Chunk>(&entry.what);
    return chunk != nullptr && !chunk->bytes.empty();
  }

  // Which entries hold a byte that no commit covers, and which is the first.
  std::map<Offset, std::uint64_t> needed() const {
    std::map<Offset, std::uint64_t> first_byte;
    for (const auto& entry : all_) {
      const auto& covered = covered_bytes_[entry.offset];
      const auto first = std::find(covered.begin(), covered.end(), false);
      if (first != covered.end()) first_byte.emplace(entry.offset, first - covered.begin());
    }
    return first_byte;
  }

  void check_after_kill() {
    open();
    const auto unread = journal_->unread();
    const auto entries = drain();
    EXPECT_EQ(entries.size(), unread);
    check_entries(entries);
    check_frames(entries);
  }

  void check_entries(const std::vector<Entry>& entries) {
    std::map<Offset, std::uint64_t> delivered;
    Offset last = 0;
    for (const auto& entry : entries) {
      ASSERT_LT(entry.offset, all_.size()) << "invented";
      EXPECT_GE(entry.offset, last) << "out of order";
      last = entry.offset;
      ASSERT_EQ(entry.what.index(), all_[entry.offset].what.index());
      if (!has_bytes(entry)) continue;
      EXPECT_EQ(bytes_of(entry), bytes_of(all_[entry.offset]));
      delivered.emplace(entry.offset, entry.from_byte);
    }
    EXPECT_EQ(delivered, needed());
  }

  void check_frames(const std::vector<Entry>& entries) {
    FramedLife oracle;
    for (const auto& entry : all_) oracle.take(entry);
    FramedLife again;
    for (const auto& entry : entries) again.take(entry);
    std::vector<std::pair<FrameKey, std::string>> expected;
    for (const auto& frame : oracle.frames) {
      if (!done_.contains(frame.key)) expected.emplace_back(frame.key, frame.bytes);
    }
    std::vector<std::pair<FrameKey, std::string>> made;
    for (const auto& frame : again.frames) {
      if (!frame.skipped) made.emplace_back(frame.key, frame.bytes);
    }
    EXPECT_EQ(made, expected) << "the same frames under the same ids in the same order";
  }
};

TEST_F(JournalModel, HandsOutWhatNoCommitCoversWhereverItIsKilled) {
  const auto seed = std::random_device{}();
  for (std::uint32_t round = 0; round < 30 && !HasFailure(); ++round) live(seed + round);
}

}  // namespace
}  // namespace millrace
