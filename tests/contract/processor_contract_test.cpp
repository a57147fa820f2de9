// What every processor promises (include/millrace/processor.hpp), run on each of them.
#include <gtest/gtest.h>

#include <thread>

#include "processing/processors.hpp"
#include "unit/processing/frames.hpp"

namespace millrace::test {
namespace {

constexpr unsigned kWorkers = 4;
const std::string kCrc32Of12 = "\x4f\x53\x44\xcd";

ProcessingConfig config(ProcessingType type, DigestAlgorithm algorithm = DigestAlgorithm::sha256) {
  ProcessingConfig processing;
  processing.type = type;
  processing.workers = kWorkers;
  processing.algorithm = algorithm;
  return processing;
}

std::vector<Frame> frames() {
  std::vector<Frame> all;
  for (const auto* payload : {"", "12", "-7", "abc", "\xff\xfe", "3037000500"}) {
    all.push_back(whole_frame(payload));
    all.push_back(digest_frame("\4", kCrc32Of12, payload));
  }
  all.push_back(whole_frame(std::string(300000, '1')));
  return all;
}

class ProcessorContract : public ::testing::TestWithParam<ProcessingConfig> {
 protected:
  ProcessorPtr processor_ = make_processor(GetParam());
};

INSTANTIATE_TEST_SUITE_P(All, ProcessorContract,
                         ::testing::Values(config(ProcessingType::identity),
                                           config(ProcessingType::square),
                                           config(ProcessingType::digest),
                                           config(ProcessingType::digest, DigestAlgorithm::crc32),
                                           config(ProcessingType::verify),
                                           config(ProcessingType::verify, DigestAlgorithm::md5),
                                           config(ProcessingType::verify, DigestAlgorithm::crc32)));

TEST_P(ProcessorContract, AnswersEveryFrameWithoutAnException) {
  for (const auto& frame : frames()) {
    EXPECT_NO_THROW((void)processor_->process(frame, attempt()));
  }
}

TEST_P(ProcessorContract, SaysWhyItRejects) {
  for (const auto& frame : frames()) {
    const Verdict verdict = processor_->process(frame, attempt());
    const auto* rejected = std::get_if<Rejected>(&verdict);
    EXPECT_TRUE(rejected == nullptr || !rejected->cause.empty());
  }
}

TEST_P(ProcessorContract, AnswersTheSameAtEveryAttempt) {
  for (const auto& frame : frames()) {
    const std::string first = words(processor_->process(frame, attempt()));
    Attempt again = attempt();
    again.number = 2;
    again.worker = 3;
    EXPECT_EQ(words(processor_->process(frame, again)), first);
  }
}

TEST_P(ProcessorContract, AnswersTheSameAfterAnAttemptThatWasStopped) {
  for (const auto& frame : frames()) {
    const std::string first = words(processor_->process(frame, attempt()));
    (void)processor_->process(frame, stopped_attempt());
    EXPECT_EQ(words(processor_->process(frame, attempt())), first);
  }
}

TEST_P(ProcessorContract, WorksOnAsManyFramesAtATimeAsThereAreWorkers) {
  const auto all = frames();
  std::vector<std::string> expected;
  for (const auto& frame : all) expected.push_back(words(processor_->process(frame, attempt())));

  std::vector<std::vector<std::string>> answers(kWorkers);
  std::vector<std::jthread> threads;
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    threads.emplace_back([&, worker] {
      Attempt mine = attempt();
      mine.worker = worker;
      for (int round = 0; round < 20; ++round) {
        answers[worker].clear();
        for (const auto& frame : all) {
          answers[worker].push_back(words(processor_->process(frame, mine)));
        }
      }
    });
  }
  threads.clear();
  for (const auto& answer : answers) EXPECT_EQ(answer, expected);
}

}  // namespace
}  // namespace millrace::test
