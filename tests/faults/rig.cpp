#include "faults/rig.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kKeptOutput = 20'000;
constexpr auto kFreshEvent = 5s;
constexpr auto kFence = "fence";

std::unique_ptr<const NumberedEvents> make_events(std::uint64_t seed, const RigOptions& options) {
  switch (options.work) {
    case RigOptions::Work::identity:
      return std::make_unique<PatternEvents>(seed, options.bytes);
    case RigOptions::Work::square:
      break;
  }
  return std::make_unique<SquareEvents>();
}

}  // namespace

Rig::Rig(std::uint64_t seed, const RigOptions& options)
    : kind_(make_events(seed, options)),
      broker(options.broker),
      sink_broker(options.own_sink_broker ? std::make_unique<Mosquitto>(options.broker) : nullptr),
      source_tap(options.taps ? std::make_unique<WireTap>(broker.port()) : nullptr),
      sink_tap(options.taps ? std::make_unique<WireTap>(result_broker().port()) : nullptr),
      oracle(*kind_, options.topics_are_keys ? options.topics.size() : 1),
      observer(result_broker().port(), "observer",
               {.persistent = true,
                .on_message =
                    [this](const PeerMessage& message) {
                      if (message.topic == kFence) {
                        ++fences_seen_;
                      } else {
                        oracle.saw(message);
                      }
                    }}),
      events(broker.port(), *kind_, oracle, options.topics) {
  for (const auto* topic : {"results", "millrace/dead", kFence}) observer.subscribe(topic);
  variables = {{"SOURCE_URL", source_tap ? source_tap->url() : broker.url()},
               {"SOURCE_TOPICS", "events/#"},
               {"SINK_TOPIC", "results"},
               {"JOURNAL_PATH", journal_path()},
               {"JOURNAL_DURABILITY", "process"},
               {"JOURNAL_MAX_BYTES", "64MiB"}};
  if (sink_broker || sink_tap) {
    variables["SINK_URL"] = sink_tap ? sink_tap->url() : sink_broker->url();
  }
  if (options.work == RigOptions::Work::square) variables["PROCESSING_TYPE"] = "square";
}

Program& Rig::start(const std::vector<std::string>& arguments, const Launch& launch) {
  keep_output();
  millrace_ = std::make_unique<Program>(variables, arguments, launch);
  return *millrace_;
}

Program& Rig::begin(const std::vector<std::string>& arguments, const Launch& launch) {
  start(arguments, launch);
  if (!millrace_->wait_until_ready()) throw std::runtime_error("not ready: " + output());
  return *millrace_;
}

void Rig::kill() {
  millrace_->signal(SIGKILL);
  static_cast<void>(millrace_->wait());
}

std::optional<int> Rig::stop() {
  return millrace_->stop();
}

std::string Rig::output() const {
  return past_output_ + (millrace_ ? millrace_->output() : "");
}

void Rig::keep_output() {
  if (!millrace_) return;
  past_output_ += millrace_->output() + "----\n";
  if (past_output_.size() > kKeptOutput) {
    past_output_.erase(0, past_output_.size() - kKeptOutput);
  }
}

void Rig::fence() {
  observer.publish(kFence, "");
  ++fences_sent_;
  if (!wait_until([this] { return fences_seen_.load() >= fences_sent_; })) {
    throw std::runtime_error("the observer does not get what it has sent itself");
  }
}

std::optional<std::chrono::milliseconds> Rig::time_to_more_than(
    std::size_t count, Clock::time_point start, std::chrono::milliseconds patience) const {
  const auto at = oracle.wait_for_more_than(count, patience);
  if (!at) return {};
  return std::chrono::duration_cast<std::chrono::milliseconds>(*at - start);
}

std::optional<std::chrono::milliseconds> Rig::send_fresh_event(std::chrono::milliseconds patience) {
  const auto sent = Clock::now();
  const auto number = events.publish_one();
  if (!oracle.wait_for(number, patience)) return {};
  return since(sent);
}

std::string Rig::journal_path() const {
  return (folder_.path() / "journal").string();
}

std::uint64_t Rig::journal_bytes() const {
  constexpr std::uint64_t kBlock = 512;
  std::uint64_t bytes = 0;
  std::error_code gone;  // a file may be unlinked meanwhile
  for (const auto& entry : std::filesystem::directory_iterator(journal_path(), gone)) {
    struct stat file{};
    if (::stat(entry.path().c_str(), &file) != 0) continue;
    bytes += static_cast<std::uint64_t>(file.st_blocks) * kBlock;
  }
  return bytes;
}

void RigCase::expect_settled(Rig& rig, std::chrono::milliseconds patience) {
  EXPECT_TRUE(rig.events.stop()) << "the broker acknowledges no more";
  EXPECT_TRUE(rig.oracle.wait_for_all(patience)) << rig.oracle.missing() << " missing\n"
                                                 << rig.output();
  expect_fresh_event_and_kept(rig);
}

void RigCase::expect_fresh_event_and_kept(Rig& rig, std::size_t unmarked) {
  const auto fresh = rig.send_fresh_event();
  EXPECT_TRUE(fresh && *fresh <= kFreshEvent) << "no fresh event gets through\n" << rig.output();
  if (fresh) figure("fresh_event_ms", fresh->count());
  EXPECT_TRUE(rig.events.stop());
  rig.fence();
  auto verdict = rig.oracle.verdict();
  verdict.unmarked -= std::min(verdict.unmarked, unmarked);
  expect_kept(verdict);
  if (HasFailure()) std::cout << rig.output() << std::endl;
}

}  // namespace millrace::test
