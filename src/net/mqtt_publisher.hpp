// MqttPublisher: publishes a finite list of messages, each until it is confirmed.
#pragma once

#include <mqtt/async_client.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "millrace/chunk.hpp"
#include "net/control_tasks.hpp"
#include "net/mqtt_connection.hpp"

namespace millrace {

/// What became of one message.
struct PublishAnswer {
  std::uint64_t tag = 0;  ///< as given with the message
  std::string refusal;    ///< why the broker does not take it; empty where it has it
};

/// Publishes with QoS 1, in order, within the server's Receive Maximum. After a loss of the
/// connection everything unconfirmed is sent again, in order.
///
/// Threads: `publish` and `finish` on one thread; `answered` is called on others, also at once.
/// Errors: throws `std::runtime_error` for options that cannot work; all else is a text.
/// Lifetime: `control` and `observer` outlive it.
class MqttPublisher final : MqttConnectionEvents, mqtt::iaction_listener {
 public:
  MqttPublisher(MqttOptions options, Scheduler& control, Observer& observer,
                std::function<void(const PublishAnswer&)> answered);
  ~MqttPublisher() override;
  MqttPublisher(const MqttPublisher&) = delete;
  MqttPublisher& operator=(const MqttPublisher&) = delete;

  /// Takes the next message, as soon as there is room for it. An empty text; or why nothing more
  /// can be published: the first attempt to connect failed, or `patience` passed without an answer.
  [[nodiscard]] std::string publish(std::uint64_t tag, const std::string& topic,
                                    const std::string& payload, const Properties& properties,
                                    std::chrono::milliseconds patience);

  /// Waits until all are answered. As `publish`.
  [[nodiscard]] std::string finish(std::chrono::milliseconds patience);

 private:
  struct Item {
    std::uint64_t sequence = 0;
    std::uint64_t tag = 0;
    mqtt::const_message_ptr message;
    bool sent = false;  // on this connection
  };

  void opened(const MqttSession& session, mqtt::async_client& client) override;
  void closed(const std::string& reason) override;
  void on_success(const mqtt::token& token) override;
  void on_failure(const mqtt::token& token) override;

  void pump();
  mqtt::const_message_ptr next(std::uint64_t& sequence);
  void settle(std::uint64_t sequence, const std::string& refusal);
  std::string wait_until(std::size_t most, std::chrono::milliseconds patience);

  const int mqtt_version_;
  const std::function<void(const PublishAnswer&)> answered_;
  ControlTasks tasks_;
  MqttConnection connection_;
  mqtt::async_client* client_ = nullptr;  // control thread

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t answers_ = 0;
  std::size_t window_ = 1;
  std::size_t largest_packet_ = 0;
  bool was_open_ = false;
  std::string problem_;
};

}  // namespace millrace
