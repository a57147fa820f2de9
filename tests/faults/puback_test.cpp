// Acknowledgements as no broker should give them: never taken for a success that was none.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "faults/rig.hpp"
#include "support/scripted_broker.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Script = ScriptedBroker::Script;
using Answers = std::vector<Acknowledgement>;

constexpr int kNotAuthorized = 0x87;
constexpr int kQuotaExceeded = 0x97;

// Events are delivered by the scripted broker, results published to it: it is source, sink and
// observer in one.
class Pubacks : public FaultCase {
 protected:
  void start(Script script) {
    broker_ = std::make_unique<ScriptedBroker>(std::move(script));
    start_millrace();
  }

  void start_millrace() {
    millrace_ = std::make_unique<Program>(Variables{{"SOURCE_URL", broker_->url()},
                                                    {"SOURCE_TOPICS", "events/#"},
                                                    {"SINK_TOPIC", "results"},
                                                    {"JOURNAL_DURABILITY", "process"},
                                                    {"JOURNAL_MAX_BYTES", "64MiB"},
                                                    {"JOURNAL_PATH", journal()}});
  }

  void begin(Script script) {
    start(std::move(script));
    ASSERT_TRUE(millrace_->wait_until_ready()) << millrace_->output();
  }

  void deliver(std::uint64_t count) {
    for (; count > 0; --count) {
      ASSERT_TRUE(broker_->deliver("events/a", events_.event(delivered_)));
      ++delivered_;
    }
  }

  // Each number with all the moments at which it was published; nothing else was.
  std::map<std::uint64_t, std::vector<Packet>> published() {
    std::map<std::uint64_t, std::vector<Packet>> by_number;
    for (const auto& packet : broker_->published()) {
      const auto number = events_.number_of_result(packet.payload);
      const bool right = number && events_.result(*number) == packet.payload;
      EXPECT_TRUE(right) << packet.topic << ": " << packet.payload;
      if (right) by_number[*number].push_back(packet);
    }
    return by_number;
  }

  bool wait_until_published(std::uint64_t count, milliseconds patience = kPatience) {
    return wait_until([&] { return broker_->published().size() >= count; }, patience);
  }

  // Nothing waits in the journal when it has ended: everything counted as done.
  void expect_all_done() {
    EXPECT_EQ(millrace_->stop(), 0) << millrace_->output();
    EXPECT_EQ(waiting_in_journal(), 0U);
  }

  std::size_t waiting_in_journal() const {
    Program list({{"JOURNAL_PATH", journal()}}, {"journal", "list"});
    static_cast<void>(list.wait());
    const auto lines = list.output();
    return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
  }

  std::string journal() const { return (folder_.path() / "journal").string(); }

  static void expect_in_order(const std::vector<Packet>& packets, const NumberedEvents& events) {
    std::set<std::uint64_t> seen;
    for (const auto& packet : packets) {
      const auto number = events.number_of_result(packet.payload).value_or(0);
      if (!seen.insert(number).second) continue;
      EXPECT_EQ(number, *seen.rbegin()) << "behind " << *seen.rbegin();
    }
  }

  const PatternEvents events_{seed_, 100};
  TempFolder folder_;
  std::unique_ptr<ScriptedBroker> broker_;
  std::unique_ptr<Program> millrace_;
  std::uint64_t delivered_ = 0;
};

TEST_F(Pubacks, WithheldAreNoSuccessAndEndInAnotherConnection) {
  constexpr unsigned kFirstAnswered = 4;  // source and sink, killed, source and sink, sink
  begin({.acknowledge = [&](const Packet& publish) {
    return publish.link < kFirstAnswered ? Answers{} : Answers{{publish.id}};
  }});
  deliver(30);
  ASSERT_TRUE(wait_until_published(30));
  millrace_->signal(SIGKILL);
  static_cast<void>(millrace_->wait());
  EXPECT_EQ(waiting_in_journal(), 30U);
  start_millrace();
  ASSERT_TRUE(wait_until_published(60)) << "after a kill they come again";
  ASSERT_TRUE(wait_until_published(90, 40s)) << "and when they are not acknowledged for long";
  const auto results = broker_->published();
  EXPECT_EQ(results[60].link, kFirstAnswered);
  const auto waited = std::chrono::duration_cast<milliseconds>(results[60].at - results[59].at);
  EXPECT_LE(waited, 30s);
  figure("given_up_after_ms", waited.count());
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(events_.number_of_result(results[i].payload), i % 30) << "from the oldest, in order";
  }
  expect_all_done();
}

TEST_F(Pubacks, LateAndOutOfOrderNeedNoRepetition) {
  const std::uint64_t count = scaled(2000, 20'000);
  std::minstd_rand dice(static_cast<unsigned>(seed_));
  begin({.acknowledge = [&](const Packet& publish) {
    return Answers{{publish.id, 0, milliseconds(dice() % 40)}};
  }});
  deliver(count);
  ASSERT_TRUE(wait_until_published(count, 60s)) << broker_->published().size();
  expect_all_done();
  EXPECT_EQ(broker_->published().size(), count) << "each once";
  expect_in_order(broker_->published(), events_);
  figure("results", count);
}

TEST_F(Pubacks, DoubledAndForUnknownIdsConfirmNothingElse) {
  std::atomic<bool> withholding = true;
  begin({.acknowledge = [&](const Packet& publish) {
    const auto next = static_cast<std::uint16_t>(publish.id % 60'000 + 1);
    Answers answers{{static_cast<std::uint16_t>(65'535 - publish.id % 1000)}, {next}};
    if (!withholding || publish.id % 2 == 0) answers.insert(answers.end(), 3, {publish.id});
    return answers;
  }});
  deliver(40);
  ASSERT_TRUE(wait_until([&] { return published().size() >= 40; }));
  std::set<std::uint64_t> unanswered;
  for (const auto& [number, packets] : published()) {
    // An id that is about to be used may be acknowledged before; those behind the last never are.
    if (packets.front().id % 2 == 1) unanswered.insert(number);
  }
  ASSERT_FALSE(unanswered.empty());
  withholding = false;
  millrace_->signal(SIGKILL);
  static_cast<void>(millrace_->wait());
  start_millrace();
  ASSERT_TRUE(wait_until([&] {
    const auto now = published();
    return std::all_of(unanswered.begin(), unanswered.end(),
                       [&](std::uint64_t number) { return now.at(number).size() >= 2; });
  })) << "what was not acknowledged itself is sent again";
  deliver(40);
  ASSERT_TRUE(wait_until([&] { return published().size() >= 80; }));
  expect_in_order(broker_->published(), events_);
  expect_all_done();
}

class RefusedPubacks : public Pubacks, public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Reason, RefusedPubacks, ::testing::Values(kNotAuthorized, kQuotaExceeded),
                         [](const auto& reason) {
                           return reason.param == kNotAuthorized ? "NotAuthorized"
                                                                 : "QuotaExceeded";
                         });

TEST_P(RefusedPubacks, AreNoSuccessAndAreTriedAgain) {
  constexpr std::uint64_t kRefused = 100;
  constexpr std::uint64_t kWindow = 64;
  std::atomic<bool> refusing = true;
  std::atomic<int> refused = 0;
  begin({.acknowledge = [&](const Packet& publish) {
    const bool no = refusing && events_.number_of_result(publish.payload) == kRefused;
    if (no) ++refused;
    return Answers{{publish.id, no ? GetParam() : 0}};
  }});
  deliver(400);
  ASSERT_TRUE(wait_until([&] { return refused >= 3; })) << millrace_->output();
  EXPECT_LE(published().rbegin()->first, kRefused + kWindow) << "the rest waits for it";
  const auto why = millrace_->readiness();
  EXPECT_NE(why.find("\"ready\": false"), std::string::npos);
  EXPECT_NE(why.find(GetParam() == kNotAuthorized ? "0x87" : "0x97"), std::string::npos) << why;
  refusing = false;
  ASSERT_TRUE(wait_until([&] { return published().size() >= 400; })) << millrace_->output();
  ASSERT_TRUE(millrace_->wait_until_ready());
  for (const auto& [number, packets] : published()) {
    const auto expected = number == kRefused ? static_cast<std::size_t>(refused) + 1 : 1;
    EXPECT_EQ(packets.size(), expected) << number;
  }
  expect_all_done();
}

TEST_F(Pubacks, ARefusedSubscriptionIsNotReady) {
  std::atomic<bool> granting = false;
  start({.grant = [&](std::size_t) { return granting ? 1 : 0x80; }});
  ASSERT_TRUE(wait_until([&] { return broker_->subscribes() >= 2; })) << "it is tried again";
  EXPECT_NE(millrace_->readiness().find("\"ready\": false"), std::string::npos);
  EXPECT_NE(millrace_->readiness().find("0x80"), std::string::npos) << millrace_->readiness();
  granting = true;
  ASSERT_TRUE(millrace_->wait_until_ready()) << millrace_->readiness();
  deliver(10);
  ASSERT_TRUE(wait_until_published(10));
  expect_all_done();
}

class ReceiveMaximum : public Pubacks, public ::testing::WithParamInterface<std::uint16_t> {};

INSTANTIATE_TEST_SUITE_P(Of, ReceiveMaximum, ::testing::Values(1, 20, 65'535),
                         ::testing::PrintToStringParamName());

TEST_P(ReceiveMaximum, IsKeptThroughABurstWithoutStalls) {
  const std::uint64_t count = scaled(3000, 10'000);
  begin({.receive_maximum = GetParam(),
         .acknowledge = [](const Packet& publish) { return Answers{{publish.id, 0, 1ms}}; }});
  const auto begun = Rig::Clock::now();
  deliver(count);
  ASSERT_TRUE(wait_until_published(count, 60s)) << broker_->published().size();
  const auto results = broker_->published();
  milliseconds stall{0};
  for (std::size_t i = 1; i < results.size(); ++i) {
    stall = std::max(stall,
                     std::chrono::duration_cast<milliseconds>(results[i].at - results[i - 1].at));
  }
  EXPECT_LT(stall, 900ms);
  EXPECT_LE(broker_->most_unanswered(), GetParam());
  EXPECT_GE(broker_->most_unanswered(), std::min<std::size_t>(GetParam(), 20)) << "made use of";
  EXPECT_EQ(results.size(), count);
  expect_in_order(results, events_);
  expect_all_done();
  figure("burst_ms", since(begun).count());
  figure("longest_stall_ms", stall.count());
  figure("most_unanswered", broker_->most_unanswered());
}

}  // namespace
}  // namespace millrace::test
