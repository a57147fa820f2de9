#include "net/mqtt_link.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include "net/mqtt_reason.hpp"

namespace millrace {
namespace {

constexpr std::chrono::seconds kDisconnectPatience{2};
constexpr int kNoReason = 0;
constexpr int kLargestReason = 0xff;

template <typename Number>
std::optional<Number> number_property(const mqtt::properties& properties,
                                      mqtt::property::code code) {
  if (!properties.contains(code)) return {};
  return static_cast<Number>(MQTTProperties_getNumericValue(
      const_cast<MQTTProperties*>(&properties.c_struct()), static_cast<MQTTPropertyCodes>(code)));
}

MqttSession read_session(const mqtt::connect_response& response) {
  using mqtt::property;
  const auto& properties = response.get_properties();
  MqttSession session;
  session.present = response.is_session_present();
  session.receive_maximum = number_property<unsigned>(properties, property::RECEIVE_MAXIMUM)
                                .value_or(session.receive_maximum);
  session.maximum_packet_size =
      number_property<std::uint32_t>(properties, property::MAXIMUM_PACKET_SIZE);
  session.maximum_qos =
      number_property<int>(properties, property::MAXIMUM_QOS).value_or(session.maximum_qos);
  session.retain_available =
      number_property<int>(properties, property::RETAIN_AVAILABLE).value_or(1) != 0;
  return session;
}

// Paho says no more than which step failed.
std::string failure_text(const mqtt::token& token, const MqttOptions& options) {
  const int code = token.get_return_code();
  if (code > 0) {
    return "broker refused: " + connack_reason_text(code, options.endpoint.mqtt_version);
  }
  return "cannot connect to " + options.address.text +
         (options.address.tls
              ? " (no answer there, or TLS failed: certificate not trusted or of another host)"
              : " (no answer there)");
}

}  // namespace

MqttLink::MqttLink(const MqttOptions& options, std::uint64_t generation, MqttLinkEvents& events)
    : options_(options),
      generation_(generation),
      events_(events),
      client_(options.address.uri, options.endpoint.client_id,
              mqtt::create_options(options.endpoint.mqtt_version)) {
  client_.set_connection_lost_handler(
      [this](const std::string&) { events_.link_lost(generation_, kNoReason); });
  // Paho C 1.3.14 calls nothing else after a DISCONNECT of the server; 1.3.12 calls the handler
  // above as well, which then is not the first to tell of it.
  client_.set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode reason) {
    events_.link_lost(generation_, static_cast<int>(reason));
  });
  client_.set_message_callback(
      [this](const mqtt::const_message_ptr& message) { on_message(message); });
}

MqttLink::~MqttLink() = default;

std::string MqttLink::open() {
  try {
    watch_.emplace(options_.endpoint.client_id);
    mqtt::connect_options connect;
    fill_connect_options(connect, options_);
    client_.connect(connect, nullptr, *this);
    return {};
  } catch (const std::exception& error) {
    return std::string("cannot connect: ") + error.what();
  }
}

void MqttLink::settle() {
  watch_.reset();
}

void MqttLink::end_cleanly() {
  // Where a message was refused, no DISCONNECT can leave either.
  if (!refusing_.load()) disconnect();
  // Also where the connection has been lost meanwhile: what the server sent may still lie unread.
  socket_.finish();
}

void MqttLink::disconnect() {
  try {
    client_.disconnect()->wait_for(kDisconnectPatience);
  } catch (const mqtt::exception&) {
    return;  // it was lost meanwhile: there is no connection to end
  }
}

void MqttLink::on_success(const mqtt::token& token) {
  try {
    const auto session = read_session(token.get_connect_response());
    if (watch_) socket_ = watch_->take();
    if (!socket_.held()) socket_ = MqttSocket(find_only_socket(options_.address.port));
    events_.link_opened(generation_, session);
  } catch (const std::exception& error) {
    events_.link_failed(generation_, std::string("cannot read the CONNACK: ") + error.what(),
                        kNoReason);
  }
}

void MqttLink::on_failure(const mqtt::token& token) {
  const int code = token.get_return_code();
  const bool of_connack = code > 0 && code <= kLargestReason;
  const int reason = of_connack ? connack_reason(code, options_.endpoint.mqtt_version) : kNoReason;
  events_.link_failed(generation_, failure_text(token, options_), reason);
}

void MqttLink::on_message(const mqtt::const_message_ptr& message) {
  // What comes behind a refused message must not get in before that one comes again.
  if (refusing_.load()) return;
  const auto error = events_.link_message(*message);
  if (!error) return;
  refusing_.store(true);
  // Before this returns: Paho sends the PUBACK next, whatever is returned.
  if (socket_.held()) {
    socket_.shut_sending();
  } else {
    shut_sending_to(options_.address.port);
  }
  events_.link_refused(generation_, error);
}

}  // namespace millrace
