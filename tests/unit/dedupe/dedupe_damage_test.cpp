// The window's files, torn and damaged.

#include <gmock/gmock.h>

#include "unit/dedupe/dedupe_folder.hpp"

namespace millrace {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class DedupeDamage : public DedupeFolder {
 protected:
  /// A full generation, and five records in the one behind it.
  void two_generations() {
    open();
    fill(0, 10);
    fill(10, 5);
    dedupe_.reset();
    ASSERT_THAT(generations(), SizeIs(2));
  }
  const std::string older_ = generation_name(1);
  const std::string newer_ = generation_name(2);
};

TEST_F(DedupeDamage, SurvivesATearAtEveryByteOfTheLastRecord) {
  two_generations();
  const auto older = load(older_);
  const auto newer = load(newer_);
  for (auto at = place_of(4); at < place_of(5); ++at) {
    SCOPED_TRACE(at);
    for (const auto& name : generations()) std::filesystem::remove(path() + "/" + name);
    save(older_, older);
    auto torn = newer;
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(at), torn.end(), '\0');
    save(newer_, torn);
    open();
    for (Offset offset = 5; offset < 14; ++offset) {
      ASSERT_TRUE(asked(100 + offset, std::to_string(offset))) << offset;
    }
    ASSERT_FALSE(asked(14, "14")) << "its commit was not written, so it comes again";
    ASSERT_FALSE(dedupe_->flush());
    open();
    ASSERT_TRUE(asked(200, "14")) << "and nothing of the torn one is left in the way";
    ASSERT_TRUE(asked(201, "13"));
  }
}

TEST_F(DedupeDamage, SurvivesATornFirstRecordOfAGeneration) {
  two_generations();
  auto bytes = load(newer_);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(place_of(0)) + 7, bytes.end(), '\0');
  save(newer_, bytes);
  open();
  EXPECT_TRUE(asked(100, "9"));
  EXPECT_FALSE(asked(10, "10"));
  EXPECT_THAT(generations(), ElementsAre(generation_name(3))) << "nothing is written over";
}

TEST_F(DedupeDamage, RefusesEveryFlippedByteButInTheLastRecord) {
  two_generations();
  for (const auto& [name, end] :
       {std::pair(older_, place_of(10)), std::pair(newer_, place_of(4))}) {
    const auto good = load(name);
    for (std::size_t at = 0; at < end; ++at) {
      auto bytes = good;
      bytes[at] = static_cast<char>(bytes[at] ^ 1);
      save(name, bytes);
      ASSERT_THAT(refusal(), AllOf(HasSubstr(name), HasSubstr("dedupe- files"))) << at;
      ASSERT_EQ(load(name), bytes) << "nothing was changed";
    }
    save(name, good);
  }
  EXPECT_EQ(refusal(), "");
}

TEST_F(DedupeDamage, RefusesAMissingGeneration) {
  two_generations();
  std::filesystem::remove(path() + "/" + older_);
  EXPECT_THAT(refusal(), HasSubstr(older_ + " is missing"));
}

TEST_F(DedupeDamage, RefusesAGenerationThatIsShorterThanItWas) {
  two_generations();
  std::filesystem::resize_file(path() + "/" + older_, place_of(9));
  EXPECT_THAT(refusal(), HasSubstr("is damaged at record 9"));
}

TEST_F(DedupeDamage, RefusesAGenerationUnderAnotherName) {
  two_generations();
  std::filesystem::rename(path() + "/" + newer_, path() + "/" + generation_name(3));
  EXPECT_THAT(refusal(), HasSubstr("is another one under its name"));
}

TEST_F(DedupeDamage, RefusesAnotherFormatVersion) {
  two_generations();
  auto bytes = load(newer_);
  bytes[16] = 2;
  save(newer_, bytes);
  EXPECT_THAT(refusal(), HasSubstr("has format version 2, this program reads version 1"));
}

TEST_F(DedupeDamage, RefusesWhatCannotBeRead) {
  two_generations();
  files_->read_errno = EIO;
  EXPECT_THAT(refusal(), HasSubstr("cannot be read: Input/output error"));
}

// With durability power nothing of a batch is settled before its sync: whatever part of it a loss
// of power left, it is a torn tail. Before that, a hole is damage.
TEST_F(DedupeDamage, TakesAHoleBehindTheLastSyncForATornTailAndOneBeforeForDamage) {
  power_ = true;
  open();
  fill(0, 2);
  fill(2, 4);
  dedupe_.reset();
  const auto good = load(older_);
  auto bytes = good;
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(place_of(3)), kKeyRecordSize, '\0');
  save(older_, bytes);
  open();
  EXPECT_TRUE(asked(100, "2"));
  EXPECT_FALSE(asked(3, "3"));
  EXPECT_FALSE(asked(5, "5"));
  dedupe_.reset();
  for (const auto& name : generations()) std::filesystem::remove(path() + "/" + name);
  bytes = good;
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(place_of(1)), kKeyRecordSize, '\0');
  save(older_, bytes);
  EXPECT_THAT(refusal(), HasSubstr("is damaged at record 1"));
}

}  // namespace
}  // namespace millrace
