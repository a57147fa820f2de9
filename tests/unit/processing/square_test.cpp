#include "processing/square.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "unit/processing/frames.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Case {
  std::string payload;
  std::string verdict;
};

void PrintTo(const Case& example, std::ostream* out) {
  *out << '"' << example.payload << '"';
}

const std::string kNoInteger = "rejected: square: payload is not a decimal integer";
const std::string kBeyond = "rejected: square: payload is beyond ±3037000499";

class SquareTable : public ::testing::TestWithParam<Case> {};

TEST_P(SquareTable, AnswersAsWritten) {
  Square square(0ms);
  EXPECT_EQ(process(square, GetParam().payload), GetParam().verdict);
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, SquareTable,
    ::testing::Values(Case{"0", "result: 0"}, Case{"1", "result: 1"}, Case{"12", "result: 144"},
                      Case{"-12", "result: 144"}, Case{"+12", "result: 144"},
                      Case{"-0", "result: 0"}, Case{"007", "result: 49"},
                      Case{"3037000499", "result: 9223372030926249001"},
                      Case{"-3037000499", "result: 9223372030926249001"},
                      Case{"000000000000000000003037000499", "result: 9223372030926249001"}));

INSTANTIATE_TEST_SUITE_P(
    NoNumbers, SquareTable,
    ::testing::Values(Case{"", kNoInteger}, Case{"abc", kNoInteger}, Case{"1a", kNoInteger},
                      Case{"1.5", kNoInteger}, Case{"1e3", kNoInteger}, Case{"0x10", kNoInteger},
                      Case{" 1", kNoInteger}, Case{"1 ", kNoInteger}, Case{"1\n", kNoInteger},
                      Case{"+", kNoInteger}, Case{"-", kNoInteger}, Case{"--1", kNoInteger},
                      Case{"+-1", kNoInteger}, Case{"1-", kNoInteger},
                      Case{std::string("1\0", 2), kNoInteger}, Case{"\xef\xbc\x91", kNoInteger}));

INSTANTIATE_TEST_SUITE_P(TooLarge, SquareTable,
                         ::testing::Values(Case{"3037000500", kBeyond},
                                           Case{"-3037000500", kBeyond},
                                           Case{"9999999999", kBeyond},
                                           Case{"18446744073709551617", kBeyond},
                                           Case{std::string(5000, '9'), kBeyond}));

TEST(Square, TakesItsTime) {
  Square square(50ms);
  const auto start = Clock::now();
  EXPECT_EQ(process(square, "3"), "result: 9");
  EXPECT_GE(Clock::now() - start, 50ms);
}

TEST(Square, FailsAtOnceWhenItsDeadlineComesInTheMiddle) {
  Square square(10min);
  std::stop_source stop;
  Attempt patient = attempt();
  patient.stop = stop.get_token();
  std::string answer;
  std::jthread worker([&] { answer = words(square.process(whole_frame("3"), patient)); });
  stop.request_stop();
  worker.join();
  EXPECT_EQ(answer, "failed: square: timed out");
}

TEST(Square, FailsWhenItsDeadlineHasPassedBefore) {
  Square square(10min);
  EXPECT_EQ(words(square.process(whole_frame("3"), stopped_attempt())),
            "failed: square: timed out");
}

TEST(Square, WaitsBeforeItLooksAtThePayload) {
  Square square(10min);
  EXPECT_EQ(words(square.process(whole_frame("abc"), stopped_attempt())),
            "failed: square: timed out");
}

}  // namespace
}  // namespace millrace::test
