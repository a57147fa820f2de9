// libFuzzer: dead letters and envelopes of arbitrary bytes are JSON on one line that holds those
// bytes, and no longer than allowed.
#include <fuzzer/FuzzedDataProvider.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "event/dead_letter.hpp"
#include "event/envelope.hpp"
#include "event/event_id.hpp"
#include "event/result_properties.hpp"
#include "event/utf8.hpp"
#include "fuzz/check.hpp"

namespace {

using namespace millrace;
using fuzz::require;
using Json = nlohmann::json;
using std::chrono::system_clock;

constexpr std::size_t kShort = 24;
constexpr std::size_t kLeastLetter = 8192;  // more than fixed members and a short cause take

Properties read_properties(FuzzedDataProvider& in) {
  Properties properties;
  properties.content_type = in.ConsumeRandomLengthString(kShort);
  properties.correlation_data = in.ConsumeRandomLengthString(kShort);
  properties.response_topic = in.ConsumeRandomLengthString(kShort);
  if (in.ConsumeBool()) properties.message_expiry = in.ConsumeIntegral<std::uint32_t>();
  properties.utf8_payload = in.ConsumeBool();
  while (properties.user.size() < 4 && in.ConsumeBool()) {
    auto key = in.ConsumeRandomLengthString(kShort);
    properties.user.emplace_back(std::move(key), in.ConsumeRandomLengthString(kShort));
  }
  return properties;
}

Outcome read_outcome(FuzzedDataProvider& in) {
  auto frame = std::make_shared<Frame>();
  frame->id = {in.ConsumeIntegral<std::uint32_t>(), in.ConsumeIntegral<std::uint64_t>(),
               in.ConsumeIntegral<std::uint32_t>()};
  frame->stream = in.ConsumeRandomLengthString(kShort);
  frame->redelivered = in.ConsumeBool();
  if (in.ConsumeBool()) {
    frame->properties = std::make_shared<const Properties>(read_properties(in));
  }
  Outcome outcome;
  auto cause = in.ConsumeRandomLengthString(200);
  if (in.ConsumeBool()) {
    outcome.verdict = Rejected{std::move(cause)};
  } else {
    outcome.verdict = Failed{std::move(cause)};
  }
  outcome.attempts = in.ConsumeIntegral<unsigned>();
  frame->raw = frame->payload = Payload(in.ConsumeRemainingBytesAsString());
  outcome.frame = std::move(frame);
  return outcome;
}

Json parse_line(const std::string& text) {
  require(text.find('\n') == std::string::npos, "JSON stands on one line");
  require(is_utf8(text), "JSON is UTF-8");
  const Json json = Json::parse(text, nullptr, false);
  require(json.is_object(), "JSON is an object", text);
  return json;
}

std::string decoded(const Json& json) {
  const std::string text = json.at("payload");
  if (json.at("encoding") == "utf8") return text;
  require(json.at("encoding") == "base64", "an encoding is one of two");
  require(text.size() % 4 == 0, "base64 is padded");
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  require(size == static_cast<int>(bytes.size()), "base64 can be decoded", text);
  const auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
  return bytes.substr(0, bytes.size() - padding);
}

void check_letter(const Outcome& outcome, system_clock::time_point now, std::size_t most) {
  const auto text = dead_letter_json(outcome, now, most);
  require(text.size() <= most, "a letter is no longer than allowed");
  const auto letter = parse_line(text);
  const auto raw = outcome.frame->raw.view();
  require(parse_event_id(letter.at("id").get<std::string>()) == outcome.frame->id,
          "a letter names its event");
  require(letter.at("attempts") == outcome.attempts, "a letter counts the attempts");
  if (letter.at("payload").is_null()) {
    require(letter.at("bytes") == raw.size(), "a letter counts what it leaves out");
  } else {
    require(decoded(letter) == raw, "a letter holds every byte");
  }
}

void check_properties(const Frame& frame, system_clock::time_point now) {
  const auto made = result_properties(frame, frame.payload, now);
  const auto count = [&](std::string_view name) {
    return std::count_if(made.user.begin(), made.user.end(),
                         [&](const auto& property) { return property.first == name; });
  };
  require(count("millrace-id") == 1, "a result has one id");
  require(count("millrace-redelivered") == (frame.redelivered ? 1 : 0), "a result has one mark");
  require(!made.utf8_payload || is_utf8(frame.payload.view()), "text is called text");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  const auto most = in.ConsumeIntegralInRange<std::size_t>(kLeastLetter, 4 * kLeastLetter);
  // Years 1970 to 2100 or so.
  const auto seconds = in.ConsumeIntegralInRange<std::int64_t>(0, 1LL << 32);
  const system_clock::time_point now{std::chrono::seconds(seconds)};
  const auto outcome = read_outcome(in);
  check_letter(outcome, now, most);
  check_properties(*outcome.frame, now);
  const auto envelope = parse_line(envelope_json(*outcome.frame, outcome.frame->payload));
  require(decoded(envelope) == outcome.frame->payload.view(), "an envelope holds every byte");
  return 0;
}
