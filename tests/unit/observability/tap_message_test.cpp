#include "observability/tap_message.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace millrace {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

TapMoment noon() {
  return {EventTrace::Clock::time_point(1000s),
          std::chrono::system_clock::time_point(1'800'000'000s)};
}

TapSample sample() {
  TapSample sample;
  sample.trace.number = 42;
  sample.trace.id = {0x5f3a9c01, 17, 0};
  sample.trace.stream = "events/a";
  sample.trace.fate = Fate::rejected;
  sample.trace.cause = "no number";
  sample.trace.worker = 3;
  sample.trace.attempts = 2;
  sample.trace.bytes_in = 12;
  sample.trace.received = std::chrono::system_clock::time_point(1'799'999'990s);
  sample.trace.cut = EventTrace::Clock::time_point(995s);
  sample.trace.started = sample.trace.cut + 500ms;
  sample.trace.last_started = sample.trace.cut + 2s;
  sample.trace.finished = sample.trace.cut + 2500ms;
  sample.trace.emitted = sample.trace.cut + 3s;
  sample.trace.confirmed = EventTrace::Clock::time_point(999s + 250us);
  sample.left_out = 9;
  return sample;
}

TEST(TapMessageTest, TellsOfAnOutcomeWithTimesOfDay) {
  const Json message = Json::parse(tap_message(TapStage::outcomes, sample(), false, noon()));
  EXPECT_EQ(message, Json::parse(R"({"stage": "outcomes", "event": "5f3a9c01-17.0", "number": 42,
      "stream": "events/a", "bytes_in": 12, "received": 1799999990.0, "cut": 1799999995.0,
      "kind": "rejected", "cause": "no number", "dropped": false, "worker": 3, "attempts": 2,
      "bytes_out": 0, "started": 1799999995.5, "last_started": 1799999997.0,
      "finished": 1799999997.5, "emitted": 1799999998.0, "confirmed": 1799999999.00025,
      "left_out": 9})"));
}

TEST(TapMessageTest, NamesNoWorkerOfAnEventThatWasNeverProcessed) {
  TapSample unprocessed = sample();
  unprocessed.trace.attempts = 0;
  const Json message = Json::parse(tap_message(TapStage::outcomes, unprocessed, false, noon()));
  EXPECT_TRUE(message.at("worker").is_null());
}

TEST(TapMessageTest, TellsWhatIsKnownOfChunksAndFrames) {
  EXPECT_EQ(Json::parse(tap_message(TapStage::chunks, sample(), false, noon())),
            Json::parse(R"({"stage": "chunks", "stream": "events/a", "bytes_in": 12,
                "received": 1799999990.0, "redelivered": false, "left_out": 9})"));
  EXPECT_EQ(Json::parse(tap_message(TapStage::frames, sample(), false, noon())),
            Json::parse(R"({"stage": "frames", "event": "5f3a9c01-17.0", "number": 42,
                "stream": "events/a", "bytes_in": 12, "received": 1799999990.0,
                "cut": 1799999995.0, "defect": "no number", "left_out": 9})"));
}

TEST(TapMessageTest, WritesBytesThatAreNoTextInBase64) {
  TapSample binary = sample();
  binary.payload = "\xff\x01";
  binary.trace.stream = "bad\xff";
  const Json message = Json::parse(tap_message(TapStage::chunks, binary, true, noon()));
  EXPECT_EQ(message.at("payload"), "/wE=");
  EXPECT_EQ(message.at("encoding"), "base64");
}

TEST(TapMessageTest, AsksSoThatItIsUnderstood) {
  for (const std::string stream : {"", "events/#", "a b&stage=chunks=%/\xC3\xA4?+"}) {
    for (const TapStage stage : {TapStage::chunks, TapStage::frames, TapStage::outcomes}) {
      const auto read = parse_tap_target(tap_target({stage, stream, stage == TapStage::frames}));
      ASSERT_TRUE(std::holds_alternative<TapWish>(read)) << std::get<std::string>(read);
      const TapWish& wish = std::get<TapWish>(read);
      EXPECT_EQ(wish.stage, stage);
      EXPECT_EQ(wish.stream, stream);
      EXPECT_EQ(wish.payloads, stage == TapStage::frames);
    }
  }
}

TEST(TapMessageTest, RefusesWhatItCannotGive) {
  EXPECT_TRUE(std::holds_alternative<TapWish>(parse_tap_target("/tap")));
  for (const char* target : {"/tap?stage=all", "/tap?stage=", "/tap?payloads=yes", "/tap?token=x",
                             "/tap?stage=chunks&x", "/tap?stream=%zz", "tap", ""}) {
    EXPECT_TRUE(std::holds_alternative<std::string>(parse_tap_target(target))) << target;
  }
}

}  // namespace
}  // namespace millrace
