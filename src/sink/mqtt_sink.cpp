#include "sink/mqtt_sink.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "net/mqtt_connection.hpp"
#include "sink/mqtt_sender.hpp"

namespace millrace {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstProbe{200};
constexpr milliseconds kRarestProbe{10000};
constexpr int kDeadlineChecks = 4;  // in the time of one deadline

class MqttSink final : public Sink, MqttConnectionEvents {
 public:
  MqttSink(const SinkConfig& config, const DeadLetterConfig& dead_letter,
           std::vector<std::string> own_filters, Scheduler& control, Observer& observer,
           const ConnectionTiming& timing)
      : config_(config),
        timing_(timing),
        observer_(observer),
        tasks_(control),
        publications_(config, dead_letter, std::move(own_filters)),
        sender_(publications_, config.mqtt_version, sender_events()),
        connection_(make_mqtt_options(config, std::chrono::seconds(0), End::sink), "sink", tasks_,
                    observer, *this, timing) {}

  ~MqttSink() override { tasks_.close(); }
  MqttSink(const MqttSink&) = delete;
  MqttSink& operator=(const MqttSink&) = delete;

  void start(Deliveries& deliveries) override {
    deliveries_ = &deliveries;
    deliveries_->state({false, false, "connecting to " + connection_.options().address.text, true});
    connection_.start();
  }

  std::optional<std::string> unfit(const Frame& frame, const Result& /*result*/) const override {
    return publications_.unfit(frame);
  }

  void accept(OutcomePtr outcome) override { sender_.accept(std::move(outcome)); }

  void stop() override {
    sender_.closed();
    stopping_ = true;
    connection_.end("stopped");
  }

  void reload_tls(const TlsConfig& tls) override { connection_.reload_tls(tls); }

 private:
  MqttSender::Events sender_events() {
    return {[this](std::uint64_t number) { deliveries_->confirmed(number); },
            [this](const std::string& reason) { tasks_.post([this, reason] { held(reason); }); },
            [this](const std::string& why) {
              tasks_.post([this, why] { connection_.restart("cannot publish: " + why); });
            },
            [this](int code) { observer_.broker_refused(RefusedBy::puback, code); },
            [this](const Outcome& letter) { observer_.outcome_replaced(letter); }};
  }

  void opened(const MqttSession& session, mqtt::async_client& client) override {
    open_ = true;
    tell_of_limits(session);
    deliveries_->state({true, true, {}});
    sender_.opened(session, client);
    check_deadline();
  }

  void closed(const std::string& reason) override {
    open_ = false;
    sender_.closed();
    tasks_.cancel(probe_timer_);
    tasks_.cancel(deadline_timer_);
    probing_ = false;
    deliveries_->state({false, false, reason, stopping_});
  }

  // Every refusal tells; one timer serves them all.
  void held(const std::string& reason) {
    if (!open_) return;
    // Mosquitto 2.0.11 with `max_queued_messages 0` closes the connection as well.
    connection_.explain(reason);
    deliveries_->state({reason.empty(), true, reason});
    if (reason.empty()) {
      tasks_.cancel(probe_timer_);
      probing_ = false;
      probe_delay_ = kFirstProbe;
      return;
    }
    if (std::exchange(probing_, true)) return;
    probe_timer_ = tasks_.after(probe_delay_, [this] {
      probing_ = false;
      sender_.probe();
    });
    probe_delay_ = std::min(probe_delay_ * 2, kRarestProbe);
  }

  void check_deadline() {
    const auto oldest = sender_.oldest_sent();
    if (oldest && std::chrono::steady_clock::now() - *oldest > timing_.publish_deadline) {
      return connection_.restart("the broker does not acknowledge what is published");
    }
    deadline_timer_ =
        tasks_.after(timing_.publish_deadline / kDeadlineChecks, [this] { check_deadline(); });
  }

  void tell_of_limits(const MqttSession& session) {
    if (session.maximum_qos < config_.qos) {
      notice(
          "the broker takes QoS 0 only: results are sent so, and can be lost on "
          "their way to it");
    }
    if (config_.retain && !session.retain_available) {
      notice("the broker does not retain messages: sink.retain has no effect");
    }
  }

  void notice(const std::string& text) { observer_.notice({Severity::warning, "sink", text}); }

  const SinkConfig config_;
  const ConnectionTiming timing_;
  Observer& observer_;
  ControlTasks tasks_;
  Deliveries* deliveries_ = nullptr;
  bool stopping_ = false;
  bool open_ = false;
  bool probing_ = false;
  milliseconds probe_delay_{kFirstProbe};
  Scheduler::TimerId probe_timer_ = 0;
  Scheduler::TimerId deadline_timer_ = 0;
  const MqttPublications publications_;
  MqttSender sender_;
  MqttConnection connection_;
};

}  // namespace

SinkPtr make_mqtt_sink(const SinkConfig& config, const DeadLetterConfig& dead_letter,
                       std::vector<std::string> own_filters, Scheduler& control, Observer& observer,
                       const ConnectionTiming& timing) {
  return std::make_unique<MqttSink>(config, dead_letter, std::move(own_filters), control, observer,
                                    timing);
}

}  // namespace millrace
