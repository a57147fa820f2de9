// MqttSender: moves outcomes from the window to the server and back as confirmations.
#pragma once

#include <mqtt/async_client.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "net/mqtt_link.hpp"
#include "sink/mqtt_publication.hpp"
#include "sink/send_window.hpp"

namespace millrace {

/// Publishes from whichever thread finds room in the window: the one that accepts an outcome, or
/// Paho's when a confirmation comes. (Paho C 1.3.12 does not wake its sender for a PUBACK, so
/// nothing may ever wait inside Paho: a burst would end in 20 messages a second.)
///
/// One thread at a time publishes, and the order is the window's. No lock is held meanwhile: a
/// publish waits for Paho's global lock, which Paho holds while it calls us.
///
/// Threads: all methods from any, but `opened`, `closed` and `probe`: the control thread.
/// Lifetime: `publications` outlives it; a client from `opened` until `closed` has returned.
class MqttSender final : mqtt::iaction_listener {
 public:
  struct Events {
    /// Confirmed, with the number of the outcome. No lock of ours is held.
    std::function<void(std::uint64_t number)> confirmed;
    /// Refused for a reason that can pass, or (empty) nothing is any more.
    std::function<void(const std::string& reason)> held;
    /// Paho does not take a message although it should: the connection is of no use.
    std::function<void(const std::string& why)> broken;
    /// Each refusal, with its reason code. No lock of ours is held, here and below.
    std::function<void(int code)> refused;
    /// A result is sent as this dead letter from now on.
    std::function<void(const Outcome&)> replaced;
  };

  MqttSender(const MqttPublications& publications, int mqtt_version, Events events);

  void accept(OutcomePtr outcome);

  void opened(const MqttSession& session, mqtt::async_client& client);

  /// On return no thread uses the client any more.
  void closed();

  /// Tries the oldest one held again.
  void probe();

  [[nodiscard]] std::optional<SendWindow::Time> oldest_sent() const;

 private:
  void on_success(const mqtt::token& token) override;
  void on_failure(const mqtt::token& token) override;

  void pump();
  bool publish(mqtt::async_client& client, const MqttSession& session, SendWindow::Item item);
  void refused(SendWindow::Sequence sequence, int code);
  void to_letter(SendWindow::Item item, std::string cause);

  const MqttPublications& publications_;
  const int mqtt_version_;
  const Events events_;

  mutable std::mutex mutex_;
  std::condition_variable pump_ended_;
  SendWindow window_;
  MqttSession session_;
  mqtt::async_client* client_ = nullptr;
  bool pumping_ = false;
};

}  // namespace millrace
