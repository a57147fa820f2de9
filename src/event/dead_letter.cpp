#include "event/dead_letter.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "event/base64.hpp"
#include "event/event_id.hpp"
#include "event/iso8601.hpp"
#include "event/text_form.hpp"
#include "event/verdict.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShortCause = 1024;

// A frame with a defect was never processed, so its defect is all there is to say.
const std::string& letter_cause(const Outcome& outcome) {
  const auto* cause = cause_of(outcome.verdict);
  return cause != nullptr ? *cause : outcome.frame->defect;
}

Json properties_of(const Frame& frame) {
  Json json = {{"user", Json::array()}};
  if (!frame.properties) return json;
  const Properties& properties = *frame.properties;
  for (const auto& [key, value] : properties.user) {
    json["user"].push_back(Json::array({key, value}));
  }
  if (!properties.content_type.empty()) json["content_type"] = properties.content_type;
  if (!properties.correlation_data.empty()) {
    json["correlation_data"] = base64(properties.correlation_data);
  }
  if (!properties.response_topic.empty()) json["response_topic"] = properties.response_topic;
  if (properties.message_expiry) json["message_expiry"] = *properties.message_expiry;
  return json;
}

Json header_of(const Outcome& outcome, std::chrono::system_clock::time_point now) {
  return {{"id", to_string(outcome.frame->id)},
          {"stream", outcome.frame->stream},
          {"cause", letter_cause(outcome)},
          {"attempts", outcome.attempts},
          {"time", iso8601(now)}};
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string with_payload(Json letter, const Frame& frame) {
  TextForm payload = text_form(frame.raw.view());
  letter["payload"] = std::move(payload.text);
  letter["encoding"] = payload.encoding;
  letter["properties"] = properties_of(frame);
  return dump(letter);
}

std::string without_payload(Json letter, const Frame& frame, Json properties) {
  letter["payload"] = nullptr;
  letter["bytes"] = frame.raw.size();
  letter["properties"] = std::move(properties);
  return dump(letter);
}

}  // namespace

std::string dead_letter_json(const Outcome& outcome, std::chrono::system_clock::time_point now,
                             std::size_t max_bytes) {
  const Frame& frame = *outcome.frame;
  Json letter = header_of(outcome, now);
  std::string text;
  // The form in JSON is never shorter than the bytes.
  if (frame.raw.size() <= max_bytes) text = with_payload(letter, frame);
  if (text.empty() || text.size() > max_bytes) {
    text = without_payload(letter, frame, properties_of(frame));
  }
  if (text.size() > max_bytes) text = without_payload(letter, frame, nullptr);
  if (text.size() > max_bytes) {
    letter["cause"] = letter_cause(outcome).substr(0, kShortCause);
    text = without_payload(std::move(letter), frame, nullptr);
  }
  return text;
}

}  // namespace millrace
