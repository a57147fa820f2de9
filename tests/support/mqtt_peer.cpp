#include "support/mqtt_peer.hpp"

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <cstdlib>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

namespace millrace::test {
namespace {

constexpr std::uint64_t kNoNumber = std::numeric_limits<std::uint64_t>::max();

struct Library {
  Library() { mosquitto_lib_init(); }
  ~Library() { mosquitto_lib_cleanup(); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

struct FreeProperties {
  void operator()(mosquitto_property* list) const { mosquitto_property_free_all(&list); }
};
using PropertyList = std::unique_ptr<mosquitto_property, FreeProperties>;

PropertyList write_properties(const Properties& from) {
  mosquitto_property* list = nullptr;
  const auto add_text = [&](int code, const std::string& text) {
    if (!text.empty()) mosquitto_property_add_string(&list, code, text.c_str());
  };
  add_text(MQTT_PROP_CONTENT_TYPE, from.content_type);
  add_text(MQTT_PROP_RESPONSE_TOPIC, from.response_topic);
  if (!from.correlation_data.empty()) {
    mosquitto_property_add_binary(&list, MQTT_PROP_CORRELATION_DATA, from.correlation_data.data(),
                                  static_cast<std::uint16_t>(from.correlation_data.size()));
  }
  if (from.message_expiry) {
    mosquitto_property_add_int32(&list, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, *from.message_expiry);
  }
  if (from.utf8_payload) {
    mosquitto_property_add_byte(&list, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR, 1);
  }
  for (const auto& [name, value] : from.user) {
    mosquitto_property_add_string_pair(&list, MQTT_PROP_USER_PROPERTY, name.c_str(), value.c_str());
  }
  return PropertyList(list);
}

std::string take(char* text) {
  std::string result = text != nullptr ? text : "";
  std::free(text);
  return result;
}

std::string read_text(const mosquitto_property* list, int code) {
  char* text = nullptr;
  mosquitto_property_read_string(list, code, &text, false);
  return take(text);
}

Properties read_properties(const mosquitto_property* list) {
  Properties to;
  to.content_type = read_text(list, MQTT_PROP_CONTENT_TYPE);
  to.response_topic = read_text(list, MQTT_PROP_RESPONSE_TOPIC);
  void* bytes = nullptr;
  std::uint16_t size = 0;
  if (mosquitto_property_read_binary(list, MQTT_PROP_CORRELATION_DATA, &bytes, &size, false)) {
    to.correlation_data.assign(static_cast<const char*>(bytes), size);
    std::free(bytes);
  }
  std::uint32_t expiry = 0;
  if (mosquitto_property_read_int32(list, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, &expiry, false)) {
    to.message_expiry = expiry;
  }
  std::uint8_t format = 0;
  mosquitto_property_read_byte(list, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR, &format, false);
  to.utf8_payload = format == 1;
  char* name = nullptr;
  char* value = nullptr;
  const auto* pair = list;
  bool more = false;
  while ((pair = mosquitto_property_read_string_pair(pair, MQTT_PROP_USER_PROPERTY, &name, &value,
                                                     more)) != nullptr) {
    to.user.emplace_back(take(name), take(value));
    more = true;
  }
  return to;
}

}  // namespace

struct MqttPeer::Callbacks {
  static void connected(mosquitto* client, void* object, int code, int /*flags*/,
                        const mosquitto_property* /*properties*/) {
    auto& peer = *static_cast<MqttPeer*>(object);
    const std::lock_guard lock(peer.mutex_);
    peer.connected_ = code == 0;
    for (const auto& [filter, qos] : peer.filters_) {
      mosquitto_subscribe_v5(client, nullptr, filter.c_str(), qos, 1 << 4, nullptr);
    }
    peer.changed_.notify_all();
  }

  static void granted(mosquitto* /*client*/, void* object, int /*id*/, int /*count*/,
                      const int* /*codes*/, const mosquitto_property* /*properties*/) {
    auto& peer = *static_cast<MqttPeer*>(object);
    const std::lock_guard lock(peer.mutex_);
    ++peer.granted_;
    peer.changed_.notify_all();
  }

  static void acknowledged(mosquitto* /*client*/, void* object, int id, int code,
                           const mosquitto_property* /*properties*/) {
    static_cast<MqttPeer*>(object)->acknowledged(id, code);
  }

  static void arrived(mosquitto* /*client*/, void* object, const mosquitto_message* message,
                      const mosquitto_property* properties) {
    auto& peer = *static_cast<MqttPeer*>(object);
    PeerMessage arrived{message->topic,
                        std::string(static_cast<const char*>(message->payload),
                                    static_cast<std::size_t>(message->payloadlen)),
                        message->qos, message->retain, read_properties(properties)};
    if (peer.options_.on_message) return peer.options_.on_message(arrived);
    const std::lock_guard lock(peer.mutex_);
    peer.messages_.push_back(std::move(arrived));
    peer.changed_.notify_all();
  }
};

MqttPeer::MqttPeer(std::uint16_t port, const std::string& id, const PeerOptions& options)
    : options_(options) {
  static const Library library;
  client_ = mosquitto_new(id.c_str(), !options.persistent, this);
  mosquitto_int_option(client_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  mosquitto_int_option(client_, MOSQ_OPT_TCP_NODELAY, 1);
  mosquitto_reconnect_delay_set(client_, 1, 1, false);
  if (!options.username.empty()) {
    mosquitto_username_pw_set(client_, options.username.c_str(), options.password.c_str());
  }
  mosquitto_connect_v5_callback_set(client_, Callbacks::connected);
  mosquitto_subscribe_v5_callback_set(client_, Callbacks::granted);
  mosquitto_publish_v5_callback_set(client_, Callbacks::acknowledged);
  mosquitto_message_v5_callback_set(client_, Callbacks::arrived);
  mosquitto_property* expiry = nullptr;
  if (options.persistent) {
    mosquitto_property_add_int32(&expiry, MQTT_PROP_SESSION_EXPIRY_INTERVAL, 3600);
  }
  const PropertyList properties(expiry);
  mosquitto_connect_bind_v5(client_, "127.0.0.1", port, 60, nullptr, properties.get());
  mosquitto_loop_start(client_);
  if (!wait([this] { return connected_; })) throw std::runtime_error(id + ": not connected");
}

MqttPeer::~MqttPeer() {
  mosquitto_disconnect(client_);
  mosquitto_loop_stop(client_, false);
  mosquitto_destroy(client_);
}

void MqttPeer::subscribe(const std::string& filter, int qos) {
  std::size_t before = 0;
  {
    const std::lock_guard lock(mutex_);
    filters_[filter] = qos;
    before = granted_;
  }
  mosquitto_subscribe_v5(client_, nullptr, filter.c_str(), qos, 1 << 4, nullptr);
  if (!wait([&] { return granted_ > before; })) throw std::runtime_error("no SUBACK");
}

void MqttPeer::publish(const std::string& topic, const std::string& payload, int qos, bool retain,
                       const Properties& properties) {
  post(topic, payload, qos, retain, properties);
  if (!flush()) throw std::runtime_error("no PUBACK");
}

void MqttPeer::post(const std::string& topic, const std::string& payload, int qos, bool retain,
                    const Properties& properties) {
  handed_over(hand_over(topic, payload, qos, retain, properties), kNoNumber);
}

void MqttPeer::post_numbered(const std::string& topic, const std::string& payload,
                             std::uint64_t number) {
  handed_over(hand_over(topic, payload, 1, false, {}), number);
}

int MqttPeer::hand_over(const std::string& topic, const std::string& payload, int qos, bool retain,
                        const Properties& properties) {
  int id = 0;
  const auto list = write_properties(properties);
  const int error =
      mosquitto_publish_v5(client_, &id, topic.c_str(), static_cast<int>(payload.size()),
                           payload.data(), qos, retain, list.get());
  if (error != MOSQ_ERR_SUCCESS && error != MOSQ_ERR_NO_CONN) {
    throw std::runtime_error(mosquitto_strerror(error));
  }
  return id;
}

void MqttPeer::handed_over(int id, std::uint64_t number) {
  int reason = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto early = acknowledged_early_.extract(id);
    if (early.empty()) {
      unacknowledged_.insert_or_assign(id, number);
      return;
    }
    reason = early.mapped();
  }
  if (number != kNoNumber && options_.on_acknowledged) options_.on_acknowledged(number, reason);
}

void MqttPeer::acknowledged(int id, int reason) {
  std::uint64_t number = kNoNumber;
  {
    const std::lock_guard lock(mutex_);
    const auto waiting = unacknowledged_.extract(id);
    if (waiting.empty()) {
      acknowledged_early_.insert_or_assign(id, reason);
      return;
    }
    number = waiting.mapped();
    changed_.notify_all();
  }
  if (number != kNoNumber && options_.on_acknowledged) options_.on_acknowledged(number, reason);
}

std::size_t MqttPeer::unacknowledged() const {
  const std::lock_guard lock(mutex_);
  return unacknowledged_.size();
}

bool MqttPeer::flush(std::chrono::milliseconds patience) {
  return wait([this] { return unacknowledged_.empty(); }, patience);
}

std::vector<PeerMessage> MqttPeer::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

std::vector<std::string> MqttPeer::payloads() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> result;
  for (const auto& message : messages_) result.push_back(message.payload);
  return result;
}

std::size_t MqttPeer::count() const {
  const std::lock_guard lock(mutex_);
  return messages_.size();
}

bool MqttPeer::wait_for(std::size_t count, std::chrono::milliseconds patience) {
  return wait([&] { return messages_.size() >= count; }, patience);
}

template <typename Condition>
bool MqttPeer::wait(Condition condition, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, condition);
}

}  // namespace millrace::test
