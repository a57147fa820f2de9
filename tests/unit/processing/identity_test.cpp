#include "processing/identity.hpp"

#include <gtest/gtest.h>

#include "unit/processing/frames.hpp"

namespace millrace::test {
namespace {

TEST(Identity, AnswersWithThePayload) {
  Identity identity;
  EXPECT_EQ(process(identity, "abc"), "result: abc");
  EXPECT_EQ(process(identity, ""), "result: ");
}

TEST(Identity, LeavesOutWhatFramingPutAround) {
  Identity identity;
  EXPECT_EQ(words(identity.process(digest_frame("\3", "digest", "abc"), attempt())), "result: abc");
}

TEST(Identity, SharesTheBytes) {
  Identity identity;
  const Frame frame = whole_frame("abc");
  const Verdict verdict = identity.process(frame, attempt());
  EXPECT_EQ(std::get<Result>(verdict).payload.view().data(), frame.raw.view().data());
}

}  // namespace
}  // namespace millrace::test
