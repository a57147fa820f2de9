#include "source/mqtt_subscriptions.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "net/mqtt_reason.hpp"

namespace millrace {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstRetry{500};
constexpr unsigned kMostDoublings = 6;

// A refusal comes as a failure: in MQTT 5 with the reason code, in 3.1.1 with the return code.
// Other failures mean that the connection is gone, which is told elsewhere.
std::optional<int> refusal(const mqtt::token& token, int mqtt_version) {
  const int code = mqtt_version >= MQTTVERSION_5 ? static_cast<int>(token.get_reason_code())
                                                 : token.get_return_code();
  if (code < kReasonFailure) return {};
  return code;
}

int granted(const mqtt::token& token) {
  try {
    const auto response = token.get_subscribe_response();
    const auto& codes = response.get_reason_codes();
    return codes.empty() ? kReasonFailure : static_cast<int>(codes.front());
  } catch (const mqtt::exception&) {
    return kReasonFailure;
  }
}

}  // namespace

// Hears the SUBACK on Paho's thread.
class MqttSubscriptions::Reply final : public mqtt::iaction_listener {
 public:
  Reply(MqttSubscriptions& owner, std::uint64_t round, std::string filter)
      : owner_(owner), round_(round), filter_(std::move(filter)) {}

  void on_success(const mqtt::token& token) override { post(granted(token)); }

  void on_failure(const mqtt::token& token) override {
    if (const auto code = refusal(token, owner_.mqtt_version_)) post(*code);
  }

 private:
  void post(int code) {
    owner_.tasks_.post([owner = &owner_, round = round_, filter = filter_, code] {
      owner->answered(round, filter, code);
    });
  }

  MqttSubscriptions& owner_;
  std::uint64_t round_;
  std::string filter_;
};

MqttSubscriptions::MqttSubscriptions(std::vector<std::string> filters, int qos, int mqtt_version,
                                     milliseconds timeout, ControlTasks& tasks, Events events)
    : filters_(std::move(filters)),
      qos_(qos),
      mqtt_version_(mqtt_version),
      timeout_(timeout),
      tasks_(tasks),
      events_(std::move(events)) {}

MqttSubscriptions::~MqttSubscriptions() = default;

void MqttSubscriptions::opened(bool session_present, mqtt::async_client& client) {
  client_ = &client;
  retries_ = 0;
  if (mqtt_version_ >= MQTTVERSION_5 || !session_present) codes_.clear();
  subscribe();
}

void MqttSubscriptions::closed() {
  client_ = nullptr;
  ++round_;
  tasks_.cancel(timer_);
}

void MqttSubscriptions::subscribe() {
  std::vector<std::string> missing;
  std::copy_if(filters_.begin(), filters_.end(), std::back_inserter(missing),
               [this](const std::string& filter) {
                 const auto code = codes_.find(filter);
                 return code == codes_.end() || code->second >= kReasonFailure;
               });
  if (missing.empty()) return events_.changed({});
  ++round_;
  unanswered_ = missing.size();
  replies_.clear();
  timer_ = tasks_.after(timeout_, [this] { events_.unanswered(); });
  for (const auto& filter : missing) send(filter);
}

void MqttSubscriptions::send(const std::string& filter) {
  // By value: the library's own names for the first two changed between its versions.
  constexpr bool kNoLocal = false;
  constexpr bool kRetainAsPublished = false;
  constexpr auto kOnlyNew = mqtt::subscribe_options::SEND_RETAINED_ON_NEW;
  const mqtt::subscribe_options options(kNoLocal, kRetainAsPublished, kOnlyNew);
  replies_.push_back(std::make_unique<Reply>(*this, round_, filter));
  try {
    client_->subscribe(filter, qos_, nullptr, *replies_.back(), options);
  } catch (const mqtt::exception&) {
    // The connection has just been lost, which is told elsewhere.
    return;
  }
}

void MqttSubscriptions::answered(std::uint64_t round, const std::string& filter, int code) {
  if (code >= kReasonFailure) events_.refused(code);
  if (round != round_) return;
  codes_[filter] = code;
  if (code < qos_) {
    events_.warning("the broker grants \"" + filter + "\" with QoS " + std::to_string(code) +
                    " only: messages can be lost on their way to us");
  }
  if (--unanswered_ == 0) all_answered();
}

void MqttSubscriptions::all_answered() {
  tasks_.cancel(timer_);
  std::string problem;
  for (const auto& [filter, code] : codes_) {
    if (code < kReasonFailure) continue;
    if (!problem.empty()) problem += "; ";
    problem += "subscription to \"" + filter + "\" refused: " + reason_text(code);
  }
  if (!problem.empty()) {
    const auto delay = kFirstRetry * (1U << std::min(retries_++, kMostDoublings));
    timer_ = tasks_.after(delay, [this] { subscribe(); });
  }
  events_.changed(problem);
}

}  // namespace millrace
