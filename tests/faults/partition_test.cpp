// Three instances share a stream by sixteen partitions; one is killed again and again under load.
#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kTopics = 48;
const std::vector<std::string> kShares{"0,1,2,3,4,5", "6,7,8,9,10", "11,12,13,14,15"};

std::vector<std::string> topics() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kTopics; ++i) names.push_back("events/" + std::to_string(i));
  return names;
}

class ThreeInstances : public RigCase {
 protected:
  ThreeInstances() : rig_(seed_, {.topics = topics(), .topics_are_keys = true}) {
    for (std::size_t i = 0; i < kShares.size(); ++i) instances_.emplace_back();
  }

  Variables variables_of(std::size_t instance) const {
    auto variables = rig_.variables;
    variables["SOURCE_CLIENT_ID"] = "millrace-" + std::to_string(instance);
    variables["JOURNAL_PATH"] = (folder_.path() / std::to_string(instance)).string();
    variables["PROCESSING_ORDER"] = "key";
    variables["SOURCE_PARTITION_COUNT"] = "16";
    variables["SOURCE_PARTITION_INDICES"] = kShares[instance];
    return variables;
  }

  void start(std::size_t instance) {
    auto& program = instances_[instance];
    if (program) output_ += program->output();
    program = std::make_unique<Program>(variables_of(instance));
  }

  void begin() {
    for (std::size_t i = 0; i < instances_.size(); ++i) start(i);
    for (const auto& instance : instances_) {
      ASSERT_TRUE(instance->wait_until_ready()) << instance->output();
    }
  }

  void kill(std::size_t instance) {
    instances_[instance]->signal(SIGKILL);
    static_cast<void>(instances_[instance]->wait());
  }

  std::string output() const {
    std::string text = output_;
    for (const auto& instance : instances_) text += instance->output() + "----\n";
    return text.substr(text.size() - std::min<std::size_t>(text.size(), 20'000));
  }

  Rig rig_;  // its brokers, publisher, observer and oracle
  std::vector<std::unique_ptr<Program>> instances_;

 private:
  const TempFolder folder_;
  std::string output_;
};

TEST_F(ThreeInstances, LoseNothingAndKeepTheOrderOfEachKeyWhenOneIsKilled) {
  begin();
  rig_.events.start(scaled(600U, 1000U));
  for (int kill_number = 0; kill_number < scaled(4, 40); ++kill_number) {
    const auto victim = static_cast<std::size_t>(random_() % kShares.size());
    lapse(between(100ms, 1000ms));
    kill(victim);
    // The others go on meanwhile; what is the killed one's waits in its session.
    const auto seen = rig_.oracle.seen();
    ASSERT_TRUE(rig_.oracle.wait_for_more_than(seen + 50)) << output();
    start(victim);
  }
  EXPECT_TRUE(rig_.events.stop());
  EXPECT_TRUE(rig_.oracle.wait_for_all(60s)) << rig_.oracle.missing() << " missing\n" << output();
  rig_.fence();
  expect_kept(rig_.oracle.verdict());
  figure("seen", rig_.oracle.seen());
  if (HasFailure()) std::cout << output() << std::endl;
}

// Each event comes out of one instance: nobody was killed, so nothing comes twice.
TEST_F(ThreeInstances, ShareWithoutAnOverlap) {
  begin();
  rig_.events.publish(scaled(3000U, 30'000U));
  EXPECT_TRUE(rig_.events.stop());
  EXPECT_TRUE(rig_.oracle.wait_for_all(60s)) << rig_.oracle.missing() << " missing\n" << output();
  for (const auto& instance : instances_) EXPECT_EQ(instance->stop(), 0) << instance->output();
  rig_.fence();
  const auto verdict = rig_.oracle.verdict();
  expect_kept(verdict);
  EXPECT_EQ(verdict.repeats + verdict.second_events, 0U);
  EXPECT_EQ(rig_.oracle.seen(), verdict.owed);
}

}  // namespace
}  // namespace millrace::test
