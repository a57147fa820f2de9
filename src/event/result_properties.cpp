#include "event/result_properties.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "event/event_id.hpp"
#include "event/iso8601.hpp"
#include "event/utf8.hpp"

namespace millrace {
namespace {

constexpr std::string_view kId = "millrace-id";
constexpr std::string_view kTopic = "millrace-topic";
constexpr std::string_view kReceived = "millrace-received";
constexpr std::string_view kRedelivered = "millrace-redelivered";

bool is_reserved(std::string_view name) {
  constexpr std::array kReserved{kId, kTopic, kReceived, kRedelivered};
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

std::uint32_t expiry_left(std::uint32_t seconds, std::chrono::system_clock::duration waited) {
  const auto past = std::chrono::duration_cast<std::chrono::seconds>(waited).count();
  const auto left = static_cast<std::int64_t>(seconds) - std::max<std::int64_t>(past, 0);
  return static_cast<std::uint32_t>(std::max<std::int64_t>(left, 1));
}

void add_travelling(const Properties& input, const Frame& frame, const Payload& result,
                    std::chrono::system_clock::time_point now, Properties& output) {
  output.content_type = input.content_type;
  output.correlation_data = input.correlation_data;
  if (input.message_expiry) {
    output.message_expiry = expiry_left(*input.message_expiry, now - frame.received);
  }
  output.utf8_payload = input.utf8_payload && is_utf8(result.view());
  for (const auto& property : input.user) {
    if (!is_reserved(property.first)) output.user.push_back(property);
  }
}

}  // namespace

Properties result_properties(const Frame& frame, const Payload& result,
                             std::chrono::system_clock::time_point now) {
  Properties output;
  if (frame.properties) add_travelling(*frame.properties, frame, result, now, output);
  output.user.emplace_back(kId, to_string(frame.id));
  output.user.emplace_back(kTopic, frame.stream);
  output.user.emplace_back(kReceived, iso8601(frame.received));
  if (frame.redelivered) output.user.emplace_back(kRedelivered, "1");
  return output;
}

}  // namespace millrace
