// MqttSubscriptions: has the server grant every filter, and says when it has.
#pragma once

#include <mqtt/async_client.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/control_tasks.hpp"

namespace millrace {

/// One SUBSCRIBE for each filter after each connect, again with back-off for what was refused.
/// (Paho C++ 1.2.0 crashes where several filters of one SUBSCRIBE have options.)
///
/// With MQTT 5 retained messages come only with a subscription that is new to the session (Retain
/// Handling 1). MQTT 3.1.1 has no such choice: there, filters known to be granted in the session
/// that is present are not asked for again.
///
/// Threads: the control thread.
/// Lifetime: the client is gone, and `tasks` are closed, before this is destroyed.
class MqttSubscriptions {
 public:
  struct Events {
    /// Every filter is granted (empty), or why not. May come several times.
    std::function<void(const std::string& problem)> changed;
    /// No answer came: the connection is of no use.
    std::function<void()> unanswered;
    /// A filter was refused, with this reason code.
    std::function<void(int code)> refused;
    /// Something an operator should read.
    std::function<void(const std::string& text)> warning;
  };

  MqttSubscriptions(std::vector<std::string> filters, int qos, int mqtt_version,
                    std::chrono::milliseconds timeout, ControlTasks& tasks, Events events);
  ~MqttSubscriptions();

  void opened(bool session_present, mqtt::async_client& client);
  void closed();

 private:
  class Reply;

  void subscribe();
  void send(const std::string& filter);
  void answered(std::uint64_t round, const std::string& filter, int code);
  void all_answered();

  const std::vector<std::string> filters_;
  const int qos_;
  const int mqtt_version_;
  const std::chrono::milliseconds timeout_;
  ControlTasks& tasks_;
  const Events events_;
  mqtt::async_client* client_ = nullptr;
  std::map<std::string, int> codes_;  // the last answer on each filter of this session
  std::uint64_t round_ = 0;
  std::size_t unanswered_ = 0;
  unsigned retries_ = 0;
  // Dropped only when Paho can no longer call them: the client is gone, or all have answered.
  std::vector<std::unique_ptr<Reply>> replies_;
  Scheduler::TimerId timer_ = 0;
};

}  // namespace millrace
