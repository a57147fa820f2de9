// StatusTopic: says to a broker whether this instance is online, paused or offline.
#pragma once

#include <mqtt/async_client.h>

#include <chrono>
#include <functional>
#include <future>
#include <string>

#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/scheduler.hpp"
#include "net/control_tasks.hpp"
#include "net/mqtt_connection.hpp"
#include "observability/health.hpp"

namespace millrace {

/// How the connection for `status.topic` is made. Errors: throws as `make_mqtt_options`.
[[nodiscard]] MqttOptions status_options(const Config& config, const std::string& version);

/// Publishes `{"status": "online", "since": "2026-01-31T12:00:00.123Z", "version": "0.1.0"}` as a
/// retained message of QoS 1 on `status.topic`: `online` when ready; `paused` by back-pressure and
/// `offline` with a `"reason"`. What the broker publishes itself, when millrace is gone without a
/// word (the Will), is offline without a time.
///
/// It stands on the broker of the results, else on the source's, as the dead letters do: who takes
/// those wants to know whether more are to come. The connection is one of its own (client id
/// `<source.client_id>-status`), made when millrace is ready for the first time: whatever becomes
/// of it, a refusal of the Will included, delays no event.
///
/// Threads: the constructor and `stop` on any, `look` and `reload_tls` on the control thread.
/// Errors: the constructor throws as `make_mqtt_options`; later ones are warnings, and are tried
/// again.
/// Lifetime: `control` and `observer` outlive it.
class StatusTopic final : MqttConnectionEvents, mqtt::iaction_listener {
 public:
  using Condition = std::function<Health::Condition()>;

  /// `condition` may be asked on the control thread; `status.topic` is not empty.
  StatusTopic(const Config& config, std::string version, Condition condition, Scheduler& control,
              Observer& observer, const ConnectionTiming& timing = {});
  ~StatusTopic() override;
  StatusTopic(const StatusTopic&) = delete;
  StatusTopic& operator=(const StatusTopic&) = delete;

  /// Says what has changed since the last look. From time to time.
  void look();

  /// Takes the files of the end whose broker it talks to, as `MqttConnection::reload_tls`.
  void reload_tls(const TlsConfig& source, const TlsConfig& sink);

  /// Says `offline`, and ends the connection. Waits 3 s at most for the broker.
  void stop();

 private:
  struct Said {
    std::string status;
    std::string reason;
    bool operator==(const Said&) const = default;
  };

  void opened(const MqttSession& session, mqtt::async_client& client) override;
  void closed(const std::string& reason) override;
  void on_success(const mqtt::token& token) override;
  void on_failure(const mqtt::token& token) override;

  void say(Said said);
  void publish();
  void confirmed();
  void end();
  void warn(const std::string& text);

  const bool beside_results_;  // or on the source's broker
  const std::string topic_;
  const std::string version_;
  const Condition condition_;
  Observer& observer_;
  ControlTasks tasks_;
  bool begun_ = false;
  bool stopping_ = false;
  bool over_ = false;
  int unconfirmed_ = 0;
  int qos_ = 1;
  Said said_;
  std::string since_;
  mqtt::async_client* client_ = nullptr;  // while it is open
  std::promise<void> ended_;
  MqttConnection connection_;
};

}  // namespace millrace
