// TopicTemplate: which topic a result is published to.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "millrace/frame.hpp"
#include "millrace/outcome.hpp"

namespace millrace {

/// A topic that may hold `{topic}` (the input's) and `{response_topic}` (the input's MQTT 5
/// property), each any number of times.
///
/// Threads: immutable.
class TopicTemplate {
 public:
  /// `own_filters`: the subscriptions that a result must not come back through; none where loops
  /// are allowed or the brokers differ.
  ///
  /// Errors: throws `std::invalid_argument`, one line, where no event could be given a topic: an
  /// unknown placeholder, or text that no topic name can hold.
  explicit TopicTemplate(std::string_view text, std::vector<std::string> own_filters = {});

  /// The topic for the result of `frame`; rejected where what comes out is no topic name that may
  /// be published to (MQTT 5, 4.7): empty, too long, not UTF-8, with U+0000, with a wildcard,
  /// beginning with `$`, or matched by an own filter.
  [[nodiscard]] std::variant<std::string, Rejected> resolve(const Frame& frame) const;

  /// Whether it is the same for every event.
  [[nodiscard]] bool fixed() const noexcept;

 private:
  struct Topic {};
  struct ResponseTopic {};
  using Part = std::variant<std::string, Topic, ResponseTopic>;

  static Part placeholder(std::string_view text, std::string_view name);
  void parse(std::string_view text);
  void check_text(std::string_view text) const;

  std::vector<Part> parts_;
  std::vector<std::string> own_filters_;
};

}  // namespace millrace
