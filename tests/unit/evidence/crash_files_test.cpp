// The files, against damage.

#include <gmock/gmock.h>

#include "evidence/whole_file.hpp"
#include "journal/journal_error.hpp"
#include "unit/evidence/evidence_folder.hpp"
#include "unit/journal/faulty_files.hpp"

namespace millrace {
namespace {

class CrashFiles : public EvidenceFolder {};

TEST_F(CrashFiles, AreReadBackAsTheyWereWritten) {
  CrashCounts counts;
  counts.run = 12;
  counts.frames[{3, 0}] = {.crashes = 2, .last_signal = SIGSEGV};
  counts.frames[{3, 1}] = {.crashes = 1, .last_signal = 0};
  counts.frames[{std::uint64_t{1} << 40U, 7}] = {.crashes = 4'000'000'000U, .last_signal = 6};
  ASSERT_FALSE(replace_whole(folder(), kCrashCountsName, encode(counts, kEpoch)));
  EXPECT_EQ(std::get<CrashCounts>(read_crash_counts(folder(), kEpoch)), counts);
  EXPECT_EQ(std::get<CrashCounts>(read_crash_counts(folder(), 1)), CrashCounts{});
}

TEST_F(CrashFiles, NeverAccuseAnotherFrameWhateverByteOfTheCountsIsFlipped) {
  CrashCounts counts;
  counts.run = 1;
  counts.frames[{3, 0}] = {.crashes = 2, .last_signal = SIGSEGV};
  const auto good = encode(counts, kEpoch);
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const unsigned bit : {0U, 7U}) {
      auto bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ (1U << bit));
      save(kCrashCountsName, bytes);
      const auto found = read_crash_counts(folder(), kEpoch);
      EXPECT_TRUE(std::holds_alternative<Unusable>(found)) << at;
    }
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    save(kCrashCountsName, good.substr(0, size));
    EXPECT_TRUE(std::holds_alternative<Unusable>(read_crash_counts(folder(), kEpoch))) << size;
  }
}

TEST_F(CrashFiles, NeverAccuseAnotherFrameWhateverByteOfASlotIsFlipped) {
  {
    CrashSlots slots(folder(), kEpoch, 1, 1);
    slots.hold(0, id(7, 1), 2).mark_crashed(SIGSEGV);
  }
  const auto good = load(kCrashSlotsName);
  constexpr std::size_t kFrameBegin = 72;
  constexpr std::size_t kFrameEnd = 92;
  const auto marks = [this] { return std::get<CrashMarks>(read_crash_slots(folder(), kEpoch)); };
  ASSERT_EQ(marks().marks.size(), 1U);
  for (std::size_t at = kFrameBegin; at < kFrameEnd; ++at) {
    auto bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    save(kCrashSlotsName, bytes);
    EXPECT_TRUE(marks().marks.empty()) << at;
  }
}

TEST_F(CrashFiles, CannotBeMadeWhereThereIsNoRoomAndSayWhatToDo) {
  const auto files = std::make_shared<test::FaultyFiles>();
  files->allocate_errno = ENOSPC;
  const Folder full(path(), files, false);
  try {
    const Evidence evidence(full, options());
    FAIL();
  } catch (const JournalError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("crash-slots: No space left"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(path()));
}

TEST_F(CrashFiles, AreForTheirOwnerOnly) {
  start();
  const auto status = std::filesystem::status(path() + "/" + kCrashSlotsName);
  EXPECT_EQ(status.permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace millrace
