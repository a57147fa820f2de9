// Packets split over messages: after a kill in any state the same frames come, under the same ids.
#include <zlib.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "faults/rig.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

// `>I4s`: length, CRC-32 of the payload.
std::string packet(const std::string& payload) {
  const auto check =
      static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const unsigned char*>(payload.data()),
                                         static_cast<unsigned>(payload.size())));
  std::string bytes;
  for (const auto number : {static_cast<std::uint32_t>(payload.size()), check}) {
    for (const auto shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(number >> shift & 255U);
  }
  return bytes + payload;
}

// What came out: the id and the payload of each, repeats included.
class Seen {
 public:
  void add(const PeerMessage& message) {
    const std::lock_guard lock(mutex_);
    if (message.topic == "results") {
      for (const auto& [key, value] : message.properties.user) {
        if (key == "millrace-id") add(value.substr(value.find('-') + 1), message.payload);
      }
      return;
    }
    const auto letter = nlohmann::json::parse(message.payload);
    const auto id = letter.at("id").get<std::string>();
    add(id.substr(id.find('-') + 1), "dead: " + letter.at("cause").get<std::string>());
  }

  // By `<offset>.<index>`; the same id with another content spoils it.
  std::map<std::string, std::string> by_id() const {
    const std::lock_guard lock(mutex_);
    return by_id_;
  }
  std::size_t conflicts() const {
    const std::lock_guard lock(mutex_);
    return conflicts_;
  }

 private:
  void add(const std::string& id, const std::string& content) {
    const auto [known, is_new] = by_id_.emplace(id, content);
    if (!is_new && known->second != content) ++conflicts_;
  }

  mutable std::mutex mutex_;
  std::map<std::string, std::string> by_id_;
  std::size_t conflicts_ = 0;
};

// Messages are published one at a time, and each is acknowledged by millrace before the next step,
// so that the broker repeats nothing: what a repeat does to split frames is another matter.
class SplitFrames : public FaultCase {
 protected:
  SplitFrames() : tap_(broker_.port()), observer_(broker_.port(), "observer", observing()) {
    observer_.subscribe("results");
    observer_.subscribe("millrace/dead");
    variables_ = {{"SOURCE_URL", tap_.url()},
                  {"SOURCE_TOPICS", "events/#"},
                  {"SINK_URL", broker_.url()},
                  {"SINK_TOPIC", "results"},
                  {"FRAMING_TYPE", "length_prefixed"},
                  {"FRAMING_HEADER", R"({"format": ">I4s", "fields": ["length", "digest"]})"},
                  {"FRAMING_TIMEOUT", "1h"},
                  {"PROCESSING_TYPE", "verify"},
                  {"PROCESSING_ALGORITHM", "crc32"},
                  {"PROCESSING_EMIT", "payload"},
                  {"JOURNAL_DURABILITY", "process"},
                  {"JOURNAL_MAX_BYTES", "16MiB"},
                  {"JOURNAL_PATH", (folder_.path() / "journal").string()}};
  }

  PeerOptions observing() {
    return {.persistent = true,
            .on_message = [this](const PeerMessage& message) { seen_.add(message); }};
  }

  void start() {
    millrace_ = std::make_unique<Program>(variables_);
    ASSERT_TRUE(millrace_->wait_until_ready()) << millrace_->output();
  }

  void kill_and_start() {
    millrace_->signal(SIGKILL);
    static_cast<void>(millrace_->wait());
    ++kills_;
    start();
  }

  void publish(const std::string& topic, const std::string& bytes) {
    observer_.publish(topic, bytes);
    ++published_;
    ASSERT_TRUE(wait_until([&] { return acknowledged() >= published_; }));
  }

  // Not counting what the tap drops behind it: it passes all.
  std::size_t acknowledged() const {
    const auto packets = tap_.packets();
    return static_cast<std::size_t>(
        std::count_if(packets.begin(), packets.end(), [](const Packet& each) {
          return each.type == PacketType::puback && each.direction == Direction::to_broker;
        }));
  }

  void expect_exactly(const std::map<std::string, std::string>& expected) {
    EXPECT_TRUE(wait_until([&] { return seen_.by_id().size() >= expected.size(); }))
        << millrace_->output();
    EXPECT_EQ(seen_.by_id(), expected);
    EXPECT_EQ(seen_.conflicts(), 0U);
    figure("kills", kills_);
    figure("frames", expected.size());
  }

  Mosquitto broker_;
  WireTap tap_;
  TempFolder folder_;
  Seen seen_;
  MqttPeer observer_;
  Variables variables_;
  std::unique_ptr<Program> millrace_;

 private:
  std::size_t published_ = 0;
  int kills_ = 0;
};

// Each piece is an entry of the journal, so the id of a frame says in which piece it begins.
TEST_F(SplitFrames, ComeTheSameWhereverAPacketWasSplitWhenItWasKilled) {
  start();
  std::map<std::string, std::string> expected;
  std::size_t offset = 0;
  const std::string first = packet("first");
  for (const std::size_t cut :
       scaled(std::vector<std::size_t>{1, 8, 12},
              std::vector<std::size_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})) {
    ASSERT_NO_FATAL_FAILURE(publish("events/a", first.substr(0, cut)));
    ASSERT_NO_FATAL_FAILURE(kill_and_start());
    // The rest, two whole ones, and the beginning of another one that the next message ends.
    const auto fourth = packet("fourth");
    ASSERT_NO_FATAL_FAILURE(publish(
        "events/a", first.substr(cut) + packet("second") + packet("") + fourth.substr(0, 3)));
    ASSERT_NO_FATAL_FAILURE(kill_and_start());
    ASSERT_NO_FATAL_FAILURE(publish("events/a", fourth.substr(3)));
    const auto begins = std::to_string(offset) + ".0";
    const auto next = std::to_string(offset + 1);
    expected.insert(
        {{begins, "first"}, {next + ".0", "second"}, {next + ".1", ""}, {next + ".2", "fourth"}});
    offset += 3;
  }
  expect_exactly(expected);
}

TEST_F(SplitFrames, ComeTheSameFromSeveralTopicsAtOnce) {
  start();
  const std::vector<std::string> topics{"events/a", "events/b", "events/c"};
  std::map<std::string, std::string> expected;
  std::map<std::string, std::pair<std::size_t, std::string>> open;  // where it began; its rest
  for (std::size_t offset = 0; offset < scaled<std::size_t>(24, 120); ++offset) {
    const auto& topic = topics[std::uniform_int_distribution<std::size_t>(0, 2)(random_)];
    const auto content = topic + " " + std::to_string(offset);
    const auto bytes = packet(content);
    const auto cut = std::uniform_int_distribution<std::size_t>(1, bytes.size() - 1)(random_);
    auto message = bytes.substr(0, cut);
    if (const auto before = open.find(topic); before != open.end()) {
      message.insert(0, before->second.second);
    }
    open[topic] = {offset, bytes.substr(cut)};
    expected[std::to_string(offset) + ".0"] = content;
    ASSERT_NO_FATAL_FAILURE(publish(topic, message));
    if (offset % 6 == 5) kill_and_start();
    if (HasFatalFailure()) return;
  }
  for (const auto& [topic, rest] : open) {
    ASSERT_NO_FATAL_FAILURE(publish(topic, rest.second));
  }
  expect_exactly(expected);
}

// The time-out is an entry of its own, and what came out of it does so again under its id.
TEST_F(SplitFrames, ThatTimedOutStayTimedOut) {
  variables_["FRAMING_TIMEOUT"] = "300ms";
  start();
  const std::string cause = "dead: no more of this frame came within framing.timeout";
  std::map<std::string, std::string> expected;
  std::size_t offset = 0;
  for (int round = 0; round < scaled(3, 15); ++round) {
    const auto bytes = packet("never complete");
    const auto cut = std::uniform_int_distribution<std::size_t>(1, bytes.size() - 1)(random_);
    ASSERT_NO_FATAL_FAILURE(publish("events/a", bytes.substr(0, cut)));
    expected[std::to_string(offset) + ".0"] = cause;
    ASSERT_NO_FATAL_FAILURE(kill_and_start());  // before it times out, or not: by chance
    EXPECT_TRUE(wait_until([&] { return seen_.by_id().size() >= expected.size(); }))
        << millrace_->output();
    ASSERT_NO_FATAL_FAILURE(kill_and_start());
    offset += 2;  // the piece and the time-out
    ASSERT_NO_FATAL_FAILURE(publish("events/a", packet("whole")));
    expected[std::to_string(offset) + ".0"] = "whole";
    ++offset;
  }
  expect_exactly(expected);
}

}  // namespace
}  // namespace millrace::test
