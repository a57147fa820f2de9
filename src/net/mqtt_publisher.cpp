#include "net/mqtt_publisher.hpp"

#include <algorithm>
#include <bit>
#include <future>
#include <utility>

#include "net/mqtt_limits.hpp"
#include "net/mqtt_properties.hpp"
#include "net/mqtt_reason.hpp"

namespace millrace {
namespace {

// Messages that have no answer yet, sent or not.
constexpr std::size_t kMostItems = 64;

}  // namespace

MqttPublisher::MqttPublisher(MqttOptions options, Scheduler& control, Observer& observer,
                             std::function<void(const PublishAnswer&)> answered)
    : mqtt_version_(options.endpoint.mqtt_version),
      answered_(std::move(answered)),
      tasks_(control),
      connection_(std::move(options), "replay", tasks_, observer, *this) {
  tasks_.post([this] { connection_.start(); });
}

MqttPublisher::~MqttPublisher() {
  std::promise<void> ended;
  tasks_.post([&] {
    connection_.end("done");
    ended.set_value();
  });
  ended.get_future().wait();
  tasks_.close();
}

std::string MqttPublisher::publish(std::uint64_t tag, const std::string& topic,
                                   const std::string& payload, const Properties& properties,
                                   std::chrono::milliseconds patience) {
  auto message = std::make_shared<mqtt::message>();
  message->set_topic(topic);
  message->set_payload(payload);
  message->set_qos(1);
  if (mqtt_version_ >= MQTTVERSION_5) message->set_properties(to_paho(properties));
  if (auto problem = wait_until(kMostItems - 1, patience); !problem.empty()) {
    return problem;
  }
  {
    const std::lock_guard lock(mutex_);
    Item& item = items_.emplace_back();
    item.sequence = next_sequence_++;
    item.tag = tag;
    item.message = std::move(message);
  }
  tasks_.post([this] { pump(); });
  return {};
}

std::string MqttPublisher::finish(std::chrono::milliseconds patience) {
  return wait_until(0, patience);
}

// Until no more than `most` are unanswered; each answer renews the patience.
std::string MqttPublisher::wait_until(std::size_t most, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  while (items_.size() > most) {
    const auto before = answers_;
    const bool moved = changed_.wait_for(lock, patience, [&] {
      return answers_ != before || items_.size() <= most || (!was_open_ && !problem_.empty());
    });
    if (!was_open_ && !problem_.empty()) return problem_;
    if (!moved) {
      return "no answer for " + std::to_string(patience.count() / 1000) + " s" +
             (problem_.empty() ? "" : ": " + problem_);
    }
  }
  return {};
}

void MqttPublisher::opened(const MqttSession& session, mqtt::async_client& client) {
  {
    const std::lock_guard lock(mutex_);
    was_open_ = true;
    problem_.clear();
    window_ = publish_window(session);
    largest_packet_ = largest_packet(session);
  }
  client_ = &client;
  pump();
}

void MqttPublisher::closed(const std::string& reason) {
  client_ = nullptr;
  {
    const std::lock_guard lock(mutex_);
    problem_ = reason;
    for (Item& item : items_) item.sent = false;
  }
  changed_.notify_all();
}

void MqttPublisher::pump() {
  while (client_ != nullptr) {
    std::uint64_t sequence = 0;
    auto message = next(sequence);
    if (!message) return;
    try {
      // Paho's token carries a pointer that it never follows: room for a number.
      client_->publish(std::move(message), std::bit_cast<void*>(sequence), *this);
    } catch (const std::exception&) {
      client_ = nullptr;  // the connection has just been lost, which is told elsewhere
    }
  }
}

// The first that is not on its way, if it may be. One that the server would not take is answered.
mqtt::const_message_ptr MqttPublisher::next(std::uint64_t& sequence) {
  std::unique_lock lock(mutex_);
  for (std::size_t i = 0; i < std::min(items_.size(), window_); ++i) {
    Item& item = items_[i];
    if (item.sent) continue;
    item.sent = true;
    sequence = item.sequence;
    const auto size = packet_size(*item.message);
    if (size <= largest_packet_) return item.message;
    const auto refusal = "it makes a packet of " + std::to_string(size) +
                         " bytes, and the broker takes " + std::to_string(largest_packet_);
    lock.unlock();
    settle(sequence, refusal);
    return next(sequence);
  }
  return nullptr;
}

void MqttPublisher::on_success(const mqtt::token& token) {
  settle(std::bit_cast<std::uint64_t>(token.get_user_context()), {});
}

// Without a reason code the connection was lost, which is told elsewhere.
void MqttPublisher::on_failure(const mqtt::token& token) {
  if (mqtt_version_ < MQTTVERSION_5) return;
  const int code = static_cast<int>(token.get_reason_code());
  if (code < kReasonFailure) return;
  settle(std::bit_cast<std::uint64_t>(token.get_user_context()), reason_text(code));
}

void MqttPublisher::settle(std::uint64_t sequence, const std::string& refusal) {
  PublishAnswer answer{0, refusal};
  {
    const std::lock_guard lock(mutex_);
    const auto item = std::find_if(items_.begin(), items_.end(), [sequence](const Item& each) {
      return each.sequence == sequence;
    });
    if (item == items_.end()) return;  // an answer of a connection before
    answer.tag = item->tag;
  }
  answered_(answer);
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(items_, [sequence](const Item& each) { return each.sequence == sequence; });
    ++answers_;
  }
  changed_.notify_all();
  tasks_.post([this, refusal] {
    // Mosquitto 2.0.11 closes some connections on which it has refused a message.
    if (!refusal.empty()) connection_.explain("after a refused message");
    pump();
  });
}

}  // namespace millrace
