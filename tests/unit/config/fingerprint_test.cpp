// Which changes of the configuration a backlog survives.
#include "config/fingerprint.hpp"

#include <gtest/gtest.h>

#include "inputs.hpp"

namespace millrace::test {
namespace {

std::string fingerprint_with(std::vector<std::string> set) {
  ConfigInputs inputs;
  inputs.set = std::move(set);
  return fingerprint(load_config(inputs));
}

TEST(Fingerprint, CountsTheCommandWhereItIsWhatWorks) {
  const std::string exec = "processing.type=exec";
  EXPECT_NE(fingerprint_with({exec, "processing.command=cat"}),
            fingerprint_with({exec, "processing.command=cat,-u"}));
  EXPECT_EQ(fingerprint_with({"processing.command=cat"}), fingerprint_with({}));
}

TEST(Fingerprint, DoesNotCountWhatMayChangeUnderWay) {
  EXPECT_EQ(fingerprint_with(
                {"processing.workers=7", "processing.limits.memory=1GiB", "processing.timeout=1s"}),
            fingerprint_with({}));
}

TEST(Fingerprint, ChangesWithTheShareOfTheStream) {
  const auto count = [](int number) { return "source.partition.count=" + std::to_string(number); };
  const auto one = fingerprint_with({count(16), "source.partition.indices=0,1"});
  EXPECT_NE(one, fingerprint_with({}));
  EXPECT_NE(one, fingerprint_with({count(16), "source.partition.indices=0,2"}));
  EXPECT_NE(one, fingerprint_with({count(17), "source.partition.indices=0,1"}));
  EXPECT_NE(one, fingerprint_with({count(16), "source.partition.indices=0,1",
                                   "source.partition.key=property:n"}));
  EXPECT_EQ(one, fingerprint_with({count(16), "source.partition.indices=1, 0"}));
}

// As a journal from before there were partitions.
TEST(Fingerprint, OfTheWholeStreamKnowsOfNoPartition) {
  EXPECT_EQ(fingerprint_with({}), fingerprint_with({"source.partition.indices=0"}));
}

// A replay passes over what is done in every order, and the rest is emitted in the new one.
TEST(Fingerprint, IsTheSameForEveryOrder) {
  EXPECT_EQ(fingerprint_with({}), fingerprint_with({"processing.order=none"}));
  EXPECT_EQ(fingerprint_with({}),
            fingerprint_with({"processing.order=key", "processing.key=pointer:/id"}));
}

}  // namespace
}  // namespace millrace::test
