#include "net/mqtt_connection.hpp"

#include <algorithm>
#include <utility>

#include "net/mqtt_reason.hpp"

namespace millrace {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstWake{10};
constexpr milliseconds kRarestWake{250};
// Shorter than Paho's poll, after whose end without an event it does not listen for 0.1 s.
constexpr milliseconds kIdleWake{500};

}  // namespace

MqttConnection::MqttConnection(MqttOptions options, std::string component, ControlTasks& tasks,
                               Observer& observer, MqttConnectionEvents& events,
                               const ConnectionTiming& timing)
    : options_(std::move(options)),
      component_(std::move(component)),
      tasks_(tasks),
      observer_(observer),
      events_(events),
      timing_(timing),
      policy_(options_.endpoint.reconnect, timing) {
  renew_link();
}

void MqttConnection::start() {
  started_ = true;
  if (!open_ && !connecting_) attempt();
}

void MqttConnection::end(const std::string& reason) {
  cancel_timers();
  if (std::exchange(open_, false)) link_->end_cleanly();
  if (std::exchange(started_, false)) events_.closed(reason);
  renew_link();
}

void MqttConnection::restart(const std::string& reason) {
  cancel_timers();
  open_ = false;
  events_.closed(reason);
  renew_link();
  attempt_after(policy_.failed());
}

void MqttConnection::attempt() {
  cancel_timers();
  connecting_ = true;
  const auto problem = link_->open();
  if (!problem.empty()) return on_failed(problem);
  timeout_timer_ = tasks_.after(timing_.connect_timeout, [this] {
    on_failed("cannot connect to " + options_.address.text + " (no answer within " +
              std::to_string(timing_.connect_timeout.count()) + " ms)");
  });
  wake_after(kFirstWake);
}

// More and more seldom while connecting: what answers at all answers soon.
void MqttConnection::wake_after(milliseconds interval) {
  wake_timer_ = tasks_.after(interval, [this, interval] {
    waker_->wake();
    wake_after(open_ ? kIdleWake : std::min(interval * 5 / 4, kRarestWake));
  });
}

void MqttConnection::on_opened(const MqttSession& session) {
  cancel_timers();
  connecting_ = false;
  open_ = true;
  explanation_.clear();
  link_->settle();
  policy_.opened(std::chrono::steady_clock::now());
  wake_after(kIdleWake);
  if (!link_->socket_held() && !std::exchange(told_of_socket_, true)) {
    notice(Severity::warning,
           "the socket of this connection cannot be told from others: after a stop or a pause the "
           "broker may repeat messages");
  }
  events_.opened(session, link_->client());
}

void MqttConnection::on_failed(const std::string& reason) {
  cancel_timers();
  connecting_ = false;
  events_.closed(reason);
  renew_link();
  attempt_after(policy_.failed());
}

void MqttConnection::on_lost(int reason_code) {
  cancel_timers();
  open_ = false;
  const auto wait = policy_.lost(std::chrono::steady_clock::now(), classify(reason_code));
  std::string reason = "connection to " + options_.address.text + " lost";
  if (reason_code != 0) reason += ": " + reason_text(reason_code);
  if (!explanation_.empty()) reason += ": " + explanation_;
  if (wait.taken_over) {
    reason += "; it seems that another client uses the client id \"" + options_.endpoint.client_id +
              "\": trying again in " + std::to_string(wait.delay.count()) + " ms";
    notice(Severity::warning, reason);
  }
  events_.closed(reason);
  renew_link();
  attempt_after(wait.delay);
}

ReconnectPolicy::Loss MqttConnection::classify(int reason_code) const {
  if (reason_code == kReasonSessionTakenOver) return ReconnectPolicy::Loss::taken_over;
  const bool known = reason_code != 0 || !explanation_.empty();
  return known ? ReconnectPolicy::Loss::explained : ReconnectPolicy::Loss::unexplained;
}

void MqttConnection::on_refused(std::error_code error) {
  cancel_timers();
  open_ = false;
  link_->end_cleanly();
  const bool can_pass = error == std::errc::no_buffer_space;
  events_.closed(can_pass ? std::string("there was no room for a message")
                          : "a message could not be stored: " + error.message());
  renew_link();
  if (can_pass) attempt_after(policy_.failed());
}

void MqttConnection::link_opened(std::uint64_t generation, const MqttSession& session) {
  post_for(generation, [this, session] { on_opened(session); });
}

void MqttConnection::link_failed(std::uint64_t generation, std::string reason, int reason_code) {
  // At once, though the attempt may have been given up meanwhile: it was refused all the same.
  if (reason_code >= kReasonFailure) observer_.broker_refused(RefusedBy::connack, reason_code);
  post_for(generation, [this, reason = std::move(reason)] { on_failed(reason); });
}

void MqttConnection::link_lost(std::uint64_t generation, int reason_code) {
  if (reason_code >= kReasonFailure) observer_.broker_refused(RefusedBy::disconnect, reason_code);
  post_for(generation, [this, reason_code] { on_lost(reason_code); });
}

std::error_code MqttConnection::link_message(const mqtt::message& message) {
  return events_.message(message);
}

void MqttConnection::link_refused(std::uint64_t generation, std::error_code error) {
  post_for(generation, [this, error] { on_refused(error); });
}

template <typename Handler>
void MqttConnection::post_for(std::uint64_t generation, Handler handler) {
  tasks_.post([this, generation, handler = std::move(handler)] {
    if (link_->generation() == generation) handler();
  });
}

void MqttConnection::attempt_after(milliseconds delay) {
  retry_timer_ = tasks_.after(delay, [this] { attempt(); });
}

void MqttConnection::cancel_timers() {
  tasks_.cancel(retry_timer_);
  tasks_.cancel(timeout_timer_);
  tasks_.cancel(wake_timer_);
}

void MqttConnection::renew_link() {
  connecting_ = false;
  MqttLinkEvents& events = *this;
  link_ = std::make_unique<MqttLink>(options_, ++generation_, events);
}

void MqttConnection::notice(Severity severity, std::string text) {
  observer_.notice({severity, component_, std::move(text)});
}

}  // namespace millrace
