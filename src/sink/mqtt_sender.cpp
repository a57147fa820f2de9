#include "sink/mqtt_sender.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <exception>
#include <utility>
#include <variant>

#include "net/mqtt_limits.hpp"
#include "net/mqtt_reason.hpp"

namespace millrace {
namespace {

// A dead letter that is refused as too large is cut in half until it is this small.
constexpr std::size_t kSmallestLetter = 512;

// Paho's token carries a pointer that it never follows: room for a number.
static_assert(sizeof(void*) == sizeof(SendWindow::Sequence));
void* as_context(SendWindow::Sequence sequence) {
  return std::bit_cast<void*>(sequence);
}

SendWindow::Sequence sequence_of(const mqtt::token& token) {
  return std::bit_cast<SendWindow::Sequence>(token.get_user_context());
}

bool is_refusal_of_the_message_itself(int code) {
  return code == kReasonTopicNameInvalid || code == kReasonPacketTooLarge ||
         code == kReasonPayloadFormatInvalid;
}

}  // namespace

MqttSender::MqttSender(const MqttPublications& publications, int mqtt_version, Events events)
    : publications_(publications), mqtt_version_(mqtt_version), events_(std::move(events)) {}

void MqttSender::accept(OutcomePtr outcome) {
  {
    const std::lock_guard lock(mutex_);
    window_.add(std::move(outcome));
  }
  pump();
}

void MqttSender::opened(const MqttSession& session, mqtt::async_client& client) {
  {
    const std::lock_guard lock(mutex_);
    session_ = session;
    client_ = &client;
    window_.open(publish_window(session));
  }
  pump();
}

void MqttSender::closed() {
  std::unique_lock lock(mutex_);
  client_ = nullptr;
  pump_ended_.wait(lock, [this] { return !pumping_; });
  window_.close();
}

void MqttSender::probe() {
  {
    const std::lock_guard lock(mutex_);
    window_.probe();
  }
  pump();
}

std::optional<SendWindow::Time> MqttSender::oldest_sent() const {
  const std::lock_guard lock(mutex_);
  return window_.oldest_sent();
}

void MqttSender::pump() {
  std::unique_lock lock(mutex_);
  if (pumping_) return;  // that thread looks again before it leaves
  pumping_ = true;
  while (client_ != nullptr) {
    auto item = window_.next(std::chrono::steady_clock::now());
    if (!item) break;
    auto& client = *client_;
    const auto session = session_;
    lock.unlock();
    const bool going_on = publish(client, session, std::move(*item));
    lock.lock();
    if (!going_on) client_ = nullptr;  // until `opened`
  }
  pumping_ = false;
  lock.unlock();
  pump_ended_.notify_all();
}

bool MqttSender::publish(mqtt::async_client& client, const MqttSession& session,
                         SendWindow::Item item) {
  const auto sequence = item.sequence;
  try {
    auto publication = publications_.make(*item.outcome, session, item.letter_limit);
    if (!publication.message) {
      to_letter(std::move(item), std::move(publication.unfit));
      return true;
    }
    client.publish(std::move(publication.message), as_context(sequence), *this);
    return true;
  } catch (const mqtt::exception& error) {
    if (error.get_return_code() != MQTTASYNC_DISCONNECTED) events_.broken(error.what());
  } catch (const std::exception& error) {
    events_.broken(error.what());
  }
  return false;
}

void MqttSender::on_success(const mqtt::token& token) {
  std::optional<std::uint64_t> number;
  bool passed = false;
  {
    const std::lock_guard lock(mutex_);
    const bool held = window_.holding();
    number = window_.confirm(sequence_of(token));
    passed = held && !window_.holding();
  }
  if (number) events_.confirmed(*number);
  if (passed) events_.held({});
  pump();
}

// Without a reason code the connection was lost, which is told elsewhere. Only MQTT 5 has one, and
// only a PUBACK carries it: Paho leaves that of a failed write of QoS 0 unset.
void MqttSender::on_failure(const mqtt::token& token) {
  const int code = static_cast<int>(token.get_reason_code());
  const auto* delivery = dynamic_cast<const mqtt::delivery_token*>(&token);
  if (mqtt_version_ < MQTTVERSION_5 || delivery == nullptr ||
      delivery->get_message()->get_qos() == 0 || code < kReasonFailure) {
    return;
  }
  events_.refused(code);
  refused(sequence_of(token), code);
  pump();
}

void MqttSender::refused(SendWindow::Sequence sequence, int code) {
  std::optional<SendWindow::Item> item;
  {
    const std::lock_guard lock(mutex_);
    item = window_.under_way(sequence);
  }
  if (!item) return;
  const auto why = "the broker refuses a message: " + reason_text(code);
  if (is_refusal_of_the_message_itself(code)) {
    if (std::holds_alternative<Result>(item->outcome->verdict)) {
      return to_letter(std::move(*item), why);
    }
    const auto payload = item->outcome->frame->raw.size();
    const auto limit = std::min(item->letter_limit, 2 * payload + 4 * kSmallestLetter) / 2;
    if (code == kReasonPacketTooLarge && limit >= kSmallestLetter) {
      item->letter_limit = limit;
      const std::lock_guard lock(mutex_);
      return window_.replace(std::move(*item));
    }
  }
  {
    const std::lock_guard lock(mutex_);
    window_.hold(sequence);
  }
  events_.held(why);
}

void MqttSender::to_letter(SendWindow::Item item, std::string cause) {
  const auto& outcome = *item.outcome;
  item.outcome = std::make_shared<const Outcome>(
      Outcome{outcome.frame, Rejected{std::move(cause)}, outcome.attempts});
  events_.replaced(*item.outcome);
  const std::lock_guard lock(mutex_);
  window_.replace(std::move(item));
}

}  // namespace millrace
