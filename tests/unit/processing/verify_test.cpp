#include "processing/verify.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "unit/processing/frames.hpp"

namespace millrace::test {
namespace {

const std::string kMd5OfAbc = "\x90\x01\x50\x98\x3c\xd2\x4f\xb0\xd6\x96\x3f\x7d\x28\xe1\x7f\x72";

std::string verify(DigestAlgorithm algorithm, VerifyEmit emit, const Frame& frame) {
  Verify processor(Digester(algorithm, 1), emit);
  return words(processor.process(frame, attempt()));
}

TEST(Verify, LetsAMatchGoOnAsItCame) {
  EXPECT_EQ(verify(DigestAlgorithm::md5, VerifyEmit::frame, digest_frame("\3", kMd5OfAbc, "abc")),
            "result: \3" + kMd5OfAbc + "abc");
}

TEST(Verify, LetsThePayloadOfAMatchGoOnAlone) {
  EXPECT_EQ(verify(DigestAlgorithm::md5, VerifyEmit::payload, digest_frame("\3", kMd5OfAbc, "abc")),
            "result: abc");
}

TEST(Verify, RejectsAnotherPayload) {
  EXPECT_EQ(verify(DigestAlgorithm::md5, VerifyEmit::frame, digest_frame("\3", kMd5OfAbc, "abd")),
            "rejected: verify: md5 does not match");
}

TEST(Verify, RejectsADigestWithAnyBitFlipped) {
  for (std::size_t bit = 0; bit < kMd5OfAbc.size() * 8; ++bit) {
    std::string digest = kMd5OfAbc;
    digest[bit / 8] = static_cast<char>(digest[bit / 8] ^ (1 << bit % 8));
    ASSERT_EQ(verify(DigestAlgorithm::md5, VerifyEmit::frame, digest_frame("\3", digest, "abc")),
              "rejected: verify: md5 does not match")
        << "bit " << bit;
  }
}

TEST(Verify, RejectsADigestOfAnotherSize) {
  const std::string rejected = "rejected: verify: md5 does not match";
  EXPECT_EQ(verify(DigestAlgorithm::md5, VerifyEmit::frame,
                   digest_frame("\3", kMd5OfAbc.substr(0, 15), "abc")),
            rejected);
  EXPECT_EQ(verify(DigestAlgorithm::md5, VerifyEmit::frame, whole_frame("abc")), rejected);
}

TEST(Verify, TakesACrc32WithItsMostSignificantByteFirst) {
  EXPECT_EQ(verify(DigestAlgorithm::crc32, VerifyEmit::payload,
                   digest_frame("\x9", "\xcb\xf4\x39\x26", "123456789")),
            "result: 123456789");
}

TEST(Verify, FailsWhenItsDeadlineHasPassed) {
  Verify processor(Digester(DigestAlgorithm::md5, 1), VerifyEmit::frame);
  EXPECT_EQ(words(processor.process(digest_frame("\3", kMd5OfAbc, "abc"), stopped_attempt())),
            "failed: verify: timed out");
}

}  // namespace
}  // namespace millrace::test
