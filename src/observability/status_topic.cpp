#include "observability/status_topic.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/url.hpp"
#include "event/iso8601.hpp"
#include "net/mqtt_reason.hpp"

namespace millrace {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGoodbye{1000};  // for the PUBACK of the last one
constexpr milliseconds kPatience{3000};

std::string status_payload(const std::string& status, const std::string& reason,
                           const std::string& since, const std::string& version) {
  nlohmann::ordered_json object{{"status", status}};
  if (!reason.empty()) object["reason"] = reason;
  if (!since.empty()) object["since"] = since;
  object["version"] = version;
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool goes_beside_results(const Config& config) {
  return is_mqtt(parse_url(config.sink.url, End::sink).scheme);
}

}  // namespace

MqttOptions status_options(const Config& config, const std::string& version) {
  const bool with_results = goes_beside_results(config);
  EndpointConfig endpoint =
      with_results ? static_cast<const EndpointConfig&>(config.sink) : config.source;
  endpoint.client_id = config.source.client_id + "-status";
  auto options =
      make_mqtt_options(endpoint, std::chrono::seconds(0), with_results ? End::sink : End::source);
  options.will =
      MqttWill{config.status.topic, status_payload("offline", "gone without a word", "", version)};
  return options;
}

StatusTopic::StatusTopic(const Config& config, std::string version, Condition condition,
                         Scheduler& control, Observer& observer, const ConnectionTiming& timing)
    : beside_results_(goes_beside_results(config)),
      topic_(config.status.topic),
      version_(std::move(version)),
      condition_(std::move(condition)),
      observer_(observer),
      tasks_(control),
      connection_(status_options(config, version_), "status", tasks_, observer, *this, timing) {}

StatusTopic::~StatusTopic() {
  tasks_.close();
}

void StatusTopic::look() {
  if (stopping_) return;
  auto [paused, reason] = condition_();
  if (!begun_ && !paused && !reason.empty()) return;
  say({paused ? "paused" : reason.empty() ? "online" : "offline", std::move(reason)});
  if (!std::exchange(begun_, true)) connection_.start();
}

void StatusTopic::say(Said said) {
  if (said == said_) return;
  said_ = std::move(said);
  since_ = iso8601(std::chrono::system_clock::now());
  publish();
}

void StatusTopic::publish() {
  if (client_ == nullptr) return;
  try {
    ++unconfirmed_;
    client_->publish(
        mqtt::make_message(topic_, status_payload(said_.status, said_.reason, since_, version_),
                           qos_, true),
        nullptr, *this);
  } catch (const std::exception& error) {
    warn(std::string("cannot publish: ") + error.what());
  }
}

void StatusTopic::reload_tls(const TlsConfig& source, const TlsConfig& sink) {
  connection_.reload_tls(beside_results_ ? sink : source);
}

void StatusTopic::stop() {
  auto ended = ended_.get_future();
  tasks_.post([this] {
    stopping_ = true;
    if (client_ == nullptr) return end();
    say({"offline", "stopped"});
    tasks_.after(kGoodbye, [this] { end(); });
  });
  ended.wait_for(kPatience);
}

void StatusTopic::end() {
  if (std::exchange(over_, true)) return;
  connection_.end("stopped");
  ended_.set_value();
}

void StatusTopic::confirmed() {
  --unconfirmed_;
  if (stopping_ && unconfirmed_ == 0) end();
}

void StatusTopic::opened(const MqttSession& session, mqtt::async_client& client) {
  client_ = &client;
  unconfirmed_ = 0;
  qos_ = std::min(1, session.maximum_qos);
  publish();
}

void StatusTopic::closed(const std::string& reason) {
  client_ = nullptr;
  if (!stopping_) warn(reason + "; trying again");
}

void StatusTopic::on_success(const mqtt::token& /*token*/) {
  tasks_.post([this] { confirmed(); });
}

// Without a reason code the connection was lost, which is told elsewhere; only a PUBACK has one.
void StatusTopic::on_failure(const mqtt::token& token) {
  const int code = static_cast<int>(token.get_reason_code());
  tasks_.post([this, code] {
    if (qos_ > 0 && code >= kReasonFailure) {
      observer_.broker_refused(RefusedBy::puback, code);
      warn("the broker refuses " + topic_ + ": " + reason_text(code));
    }
    confirmed();
  });
}

void StatusTopic::warn(const std::string& text) {
  observer_.notice({Severity::warning, "status", text + " (no event waits for this)"});
}

}  // namespace millrace
