// MqttConnection: keeps a connection to an MQTT server, across losses.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

#include "millrace/observer.hpp"
#include "millrace/scheduler.hpp"
#include "net/control_tasks.hpp"
#include "net/mqtt_link.hpp"
#include "net/mqtt_options.hpp"
#include "net/paho_waker.hpp"
#include "net/reconnect_policy.hpp"

namespace millrace {

/// What a connection tells its owner.
class MqttConnectionEvents {
 public:
  virtual ~MqttConnectionEvents() = default;

  /// Control thread. The client may be used until `closed` returns.
  virtual void opened(const MqttSession& session, mqtt::async_client& client) = 0;

  /// Control thread. An open connection is gone, or an attempt has failed; why, in one line.
  virtual void closed(const std::string& reason) = 0;

  /// Paho's thread, as `MqttLinkEvents::link_message`.
  [[nodiscard]] virtual std::error_code message(const mqtt::message& /*message*/) { return {}; }
};

/// Connects, waits as `ReconnectPolicy` says, connects again.
///
/// Threads: every method on the control thread; so is every decision: Paho's callbacks only post.
/// Errors: what goes wrong is told by `closed` and tried again. Only a message that was refused
/// for good (any error but `no_buffer_space`) ends the trying, until `start`.
/// Lifetime: all references outlive it. `tasks` are the owner's, who closes them before this is
/// destroyed; no event comes after that.
class MqttConnection final : MqttLinkEvents {
 public:
  /// `component`: who speaks in notices, "source" or "sink".
  MqttConnection(MqttOptions options, std::string component, ControlTasks& tasks,
                 Observer& observer, MqttConnectionEvents& events,
                 const ConnectionTiming& timing = {});

  [[nodiscard]] const MqttOptions& options() const noexcept { return options_; }

  /// Connects, and keeps connected until `end`.
  void start();

  /// Ends the connection cleanly, or the trying; on return nothing more arrives. Calls `closed`
  /// with the reason where there was anything to end.
  void end(const std::string& reason);

  /// Should the server close this connection, this is why (empty: unknown again).
  void explain(const std::string& reason) { explanation_ = reason; }

  /// Takes these files for the connections made from now on.
  void reload_tls(const TlsConfig& tls) { options_.endpoint.tls = tls; }

  /// Gives this connection up and makes another one.
  void restart(const std::string& reason);

 private:
  void link_opened(std::uint64_t generation, const MqttSession& session) override;
  void link_failed(std::uint64_t generation, std::string reason, int reason_code) override;
  void link_lost(std::uint64_t generation, int reason_code) override;
  std::error_code link_message(const mqtt::message& message) override;
  void link_refused(std::uint64_t generation, std::error_code error) override;

  void attempt();
  void wake_after(std::chrono::milliseconds interval);
  void on_opened(const MqttSession& session);
  void on_failed(const std::string& reason);
  void on_lost(int reason_code);
  void on_refused(std::error_code error);
  [[nodiscard]] ReconnectPolicy::Loss classify(int reason_code) const;

  /// `handler` on the control thread, if this link is still the current one then.
  template <typename Handler>
  void post_for(std::uint64_t generation, Handler handler);
  void attempt_after(std::chrono::milliseconds delay);
  void cancel_timers();
  void renew_link();
  void notice(Severity severity, std::string text);

  MqttOptions options_;
  const std::string component_;
  ControlTasks& tasks_;
  Observer& observer_;
  MqttConnectionEvents& events_;
  const ConnectionTiming timing_;
  ReconnectPolicy policy_;
  bool started_ = false;
  bool open_ = false;
  bool connecting_ = false;
  bool told_of_socket_ = false;
  std::string explanation_;
  std::uint64_t generation_ = 0;
  Scheduler::TimerId retry_timer_ = 0;
  Scheduler::TimerId timeout_timer_ = 0;
  Scheduler::TimerId wake_timer_ = 0;
  // Destroyed after the link: see its lifetime.
  const std::shared_ptr<PahoWaker> waker_ = PahoWaker::shared();
  std::unique_ptr<MqttLink> link_;
};

}  // namespace millrace
