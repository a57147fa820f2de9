#include "source/mqtt_source.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "event/partition.hpp"
#include "net/mqtt_connection.hpp"
#include "net/mqtt_properties.hpp"
#include "source/mqtt_subscriptions.hpp"

namespace millrace {
namespace {

Chunk to_chunk(const mqtt::message& message) {
  Chunk chunk;
  chunk.stream = message.get_topic();
  chunk.bytes = Payload(message.get_payload_ref().ptr());
  chunk.properties = from_paho(message.get_properties());
  chunk.received = std::chrono::system_clock::now();
  chunk.redelivered = message.is_duplicate();
  return chunk;
}

class MqttSource final : public Source, MqttConnectionEvents {
 public:
  MqttSource(const SourceConfig& config, Scheduler& control, Observer& observer,
             const ConnectionTiming& timing)
      : observer_(observer),
        partition_(config.partition),
        tasks_(control),
        subscriptions_(config.topics, config.qos, config.mqtt_version, timing.connect_timeout,
                       tasks_, subscription_events()),
        connection_(make_mqtt_options(
                        config, std::chrono::ceil<std::chrono::seconds>(config.session_expiry),
                        End::source),
                    "source", tasks_, observer, *this, timing) {}

  ~MqttSource() override { tasks_.close(); }
  MqttSource(const MqttSource&) = delete;
  MqttSource& operator=(const MqttSource&) = delete;

  void start(Intake& intake) override {
    intake_ = &intake;
    intake_->state({false, false, "connecting to " + connection_.options().address.text, true});
    connection_.start();
  }

  void pause() override { end("paused"); }
  void resume() override { connection_.start(); }
  void stop() override { end("stopped"); }

  // A topic has no end: what comes next on it begins a frame.
  void close_stream(const std::string& /*stream*/) override {}

  void reload_tls(const TlsConfig& tls) override { connection_.reload_tls(tls); }

 private:
  void end(const std::string& reason) {
    ending_ = true;
    connection_.end(reason);
    ending_ = false;
  }

  MqttSubscriptions::Events subscription_events() {
    return {
        [this](const std::string& problem) { intake_->state({problem.empty(), true, problem}); },
        [this] { connection_.restart("the broker does not answer a SUBSCRIBE"); },
        [this](int code) { observer_.broker_refused(RefusedBy::suback, code); },
        [this](const std::string& text) { observer_.notice({Severity::warning, "source", text}); }};
  }

  void opened(const MqttSession& session, mqtt::async_client& client) override {
    intake_->state({false, true, "subscribing", true, session.present});
    subscriptions_.opened(session.present, client);
  }

  void closed(const std::string& reason) override {
    subscriptions_.closed();
    intake_->state({false, false, reason, ending_});
  }

  // What is another instance's is acknowledged, and that is all.
  bool is_own(const mqtt::message& message) const {
    if (partition_.whole()) return true;
    std::string_view key = message.get_topic();
    if (!partition_.property().empty()) {
      const auto value = find_user_property(message.get_properties(), partition_.property());
      if (!value.empty()) key = value;
    }
    return partition_.owns(key);
  }

  std::error_code message(const mqtt::message& message) override {
    if (!is_own(message)) {
      observer_.chunk_skipped(message.get_topic());
      return {};
    }
    try {
      return intake_->chunk(to_chunk(message));
    } catch (const std::bad_alloc&) {
      return std::make_error_code(std::errc::no_buffer_space);
    }
  }

  Observer& observer_;
  const Partition partition_;
  Intake* intake_ = nullptr;
  bool ending_ = false;  // by our own will
  ControlTasks tasks_;
  MqttSubscriptions subscriptions_;
  MqttConnection connection_;
};

}  // namespace

SourcePtr make_mqtt_source(const SourceConfig& config, Scheduler& control, Observer& observer,
                           const ConnectionTiming& timing) {
  return std::make_unique<MqttSource>(config, control, observer, timing);
}

}  // namespace millrace
