// MqttPublications: from outcomes to what is published.
#pragma once

#include <mqtt/message.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "event/result_topic.hpp"
#include "millrace/config.hpp"
#include "millrace/outcome.hpp"
#include "net/mqtt_link.hpp"

namespace millrace {

/// An outcome as a message, or why it can be none.
struct Publication {
  mqtt::const_message_ptr message;
  std::string unfit;
};

/// Makes the messages of one sink.
///
/// Threads: `make` and `unfit` from any, also at once.
class MqttPublications {
 public:
  /// `own_filters`: subscriptions at the same broker, through which a result must not come back.
  ///
  /// Errors: throws `std::runtime_error`, one line, for topics that cannot work.
  MqttPublications(const SinkConfig& config, const DeadLetterConfig& dead_letter,
                   std::vector<std::string> own_filters);

  [[nodiscard]] std::optional<std::string> unfit(const Frame& frame) const;

  /// Within what the server takes (`session`). Only a result can turn out to be unfit, by its
  /// topic or its size; a dead letter leaves out what does not fit, beginning with the payload.
  [[nodiscard]] Publication make(const Outcome& outcome, const MqttSession& session,
                                 std::size_t letter_limit) const;

 private:
  [[nodiscard]] Publication make_result(const Outcome& outcome, const Result& result,
                                        const MqttSession& session) const;
  [[nodiscard]] Publication make_letter(const Outcome& outcome, const MqttSession& session,
                                        std::size_t letter_limit) const;

  const int mqtt_version_;
  const int qos_;
  const bool retain_;
  const TopicTemplate template_;
  mqtt::string_ref fixed_topic_;  // unset where it depends on the event
  const mqtt::string_ref letter_topic_;
};

}  // namespace millrace
