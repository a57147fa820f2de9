#include "processing/digest.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <cstdio>
#include <random>
#include <stdexcept>

#include "unit/processing/frames.hpp"

namespace millrace::test {
namespace {

std::string digest(DigestAlgorithm algorithm, std::string payload) {
  Digest processor(Digester(algorithm, 1));
  return process(processor, std::move(payload));
}

// RFC 1321, A.5; FIPS 180-4 examples; the check value of CRC-32/ISO-HDLC.
TEST(Digest, AnswersWithThePublishedVectors) {
  EXPECT_EQ(digest(DigestAlgorithm::md5, "abc"), "result: 900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(digest(DigestAlgorithm::sha1, "abc"),
            "result: a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(digest(DigestAlgorithm::sha256, "abc"),
            "result: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest(DigestAlgorithm::sha512, "abc"),
            "result: ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(digest(DigestAlgorithm::crc32, "123456789"), "result: cbf43926");
}

TEST(Digest, WorksOnAnEmptyPayload) {
  EXPECT_EQ(digest(DigestAlgorithm::md5, ""), "result: d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(digest(DigestAlgorithm::sha256, ""),
            "result: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest(DigestAlgorithm::crc32, ""), "result: 00000000");
}

TEST(Digest, WritesLeadingZerosOfACrc32) {
  EXPECT_EQ(digest(DigestAlgorithm::crc32, "62"), "result: 0012d20a");
}

std::string random_bytes(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// The libraries in one call, against the payload in pieces.
TEST(Digest, IsTheSameForPayloadsOfSeveralPieces) {
  for (const std::size_t size : {65535U, 65536U, 65537U, 131072U, 300001U}) {
    const std::string bytes = random_bytes(size);
    std::string expected(EVP_MAX_MD_SIZE, '\0');
    unsigned digest_bytes = 0;
    ASSERT_EQ(
        EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(expected.data()),
                   &digest_bytes, EVP_sha256(), nullptr),
        1);
    expected.resize(digest_bytes);
    EXPECT_EQ(digest(DigestAlgorithm::sha256, bytes), "result: " + to_hex(expected)) << size;

    const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    char text[16];
    std::snprintf(text, sizeof text, "%08lx", crc);
    EXPECT_EQ(digest(DigestAlgorithm::crc32, bytes), std::string("result: ") + text) << size;
  }
}

TEST(Digest, FailsWhenItsDeadlineHasPassed) {
  for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::crc32}) {
    Digest processor(Digester(algorithm, 1));
    EXPECT_EQ(words(processor.process(whole_frame("abc"), stopped_attempt())),
              "failed: digest: timed out");
    EXPECT_TRUE(process(processor, "abc").starts_with("result: ")) << "the next one is unharmed";
  }
}

TEST(Digester, HasDigestsOfTheirSize) {
  for (const auto algorithm : {DigestAlgorithm::md5, DigestAlgorithm::sha1, DigestAlgorithm::sha256,
                               DigestAlgorithm::sha512, DigestAlgorithm::crc32}) {
    const Digester digester(algorithm, 1);
    const auto bytes = digester.compute("abc", attempt());
    EXPECT_EQ(std::get<std::string>(bytes).size(), digest_size(algorithm)) << to_string(algorithm);
  }
}

TEST(Digester, RefusesAWorkerItHasNoContextFor) {
  const Digester digester(DigestAlgorithm::sha256, 2);
  Attempt third = attempt();
  third.worker = 2;
  EXPECT_THROW((void)digester.compute("abc", third), std::out_of_range);
}

}  // namespace
}  // namespace millrace::test
