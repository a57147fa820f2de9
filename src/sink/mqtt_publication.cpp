#include "sink/mqtt_publication.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <utility>
#include <variant>

#include "event/dead_letter.hpp"
#include "event/result_properties.hpp"
#include "net/mqtt_limits.hpp"
#include "net/mqtt_properties.hpp"

namespace millrace {
namespace {

TopicTemplate make_template(const SinkConfig& config, std::vector<std::string> own_filters) {
  try {
    return TopicTemplate(config.topic, std::move(own_filters));
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(std::string("sink.topic: ") + error.what());
  }
}

mqtt::properties letter_properties() {
  Properties properties;
  properties.content_type = "application/json";
  properties.utf8_payload = true;
  return to_paho(properties);
}

}  // namespace

MqttPublications::MqttPublications(const SinkConfig& config, const DeadLetterConfig& dead_letter,
                                   std::vector<std::string> own_filters)
    : mqtt_version_(config.mqtt_version),
      qos_(config.qos),
      retain_(config.retain),
      template_(make_template(
          config, config.allow_loop ? std::vector<std::string>{} : std::move(own_filters))),
      letter_topic_(dead_letter.topic) {
  if (!template_.fixed()) return;
  auto topic = template_.resolve(Frame{});
  if (const auto* rejected = std::get_if<Rejected>(&topic)) {
    throw std::runtime_error("sink.topic: " + rejected->cause);
  }
  fixed_topic_ = mqtt::string_ref(std::get<std::string>(std::move(topic)));
}

std::optional<std::string> MqttPublications::unfit(const Frame& frame) const {
  if (fixed_topic_) return {};
  auto topic = template_.resolve(frame);
  if (auto* rejected = std::get_if<Rejected>(&topic)) return std::move(rejected->cause);
  return {};
}

Publication MqttPublications::make(const Outcome& outcome, const MqttSession& session,
                                   std::size_t letter_limit) const {
  if (const auto* result = std::get_if<Result>(&outcome.verdict)) {
    return make_result(outcome, *result, session);
  }
  return make_letter(outcome, session, letter_limit);
}

Publication MqttPublications::make_result(const Outcome& outcome, const Result& result,
                                          const MqttSession& session) const {
  auto topic = fixed_topic_;
  if (!topic) {
    auto resolved = template_.resolve(*outcome.frame);
    if (auto* rejected = std::get_if<Rejected>(&resolved)) {
      return {nullptr, std::move(rejected->cause)};
    }
    topic = mqtt::string_ref(std::get<std::string>(std::move(resolved)));
  }
  auto message = std::make_shared<mqtt::message>();
  message->set_topic(std::move(topic));
  message->set_payload(mqtt::binary_ref(result.payload.share()));
  message->set_qos(std::min(qos_, session.maximum_qos));
  message->set_retained(retain_ && session.retain_available);
  if (mqtt_version_ >= MQTTVERSION_5) {
    message->set_properties(to_paho(result_properties(*outcome.frame, result.payload)));
  }
  const auto size = packet_size(*message);
  if (size > largest_packet(session)) {
    return {nullptr, "the result makes a packet of " + std::to_string(size) +
                         " bytes, and the broker takes " + std::to_string(largest_packet(session))};
  }
  return {std::move(message), {}};
}

Publication MqttPublications::make_letter(const Outcome& outcome, const MqttSession& session,
                                          std::size_t letter_limit) const {
  auto message = std::make_shared<mqtt::message>();
  message->set_topic(letter_topic_);
  message->set_qos(std::min(qos_, session.maximum_qos));
  if (mqtt_version_ >= MQTTVERSION_5) message->set_properties(letter_properties());
  const auto overhead = packet_size(*message);
  const auto limit = largest_packet(session);
  const auto room = limit > overhead ? limit - overhead : 0;
  message->set_payload(mqtt::binary_ref(
      dead_letter_json(outcome, std::chrono::system_clock::now(), std::min(room, letter_limit))));
  return {std::move(message), {}};
}

}  // namespace millrace
