#include "net/mqtt_options.hpp"

#include <mqtt/connect_options.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "config/url.hpp"
#include "net/tls_files.hpp"

namespace millrace {
namespace {

// MQTT 5, 3.1.2.10: sixteen bits of seconds.
constexpr std::int64_t kLongestKeepAlive = 65535;
// MQTT 5, 3.1.2.11.2: this value means that the session does not expire.
constexpr std::int64_t kNeverExpires = std::numeric_limits<std::uint32_t>::max();

MqttAddress make_address(const std::string& text, End end) {
  const auto url = parse_url(text, end);
  MqttAddress address;
  address.tls = is_tls_client(url.scheme);
  address.port = url.port;
  address.text = to_string(url);
  const bool websocket = is_websocket(url.scheme);
  const std::string scheme = websocket ? (address.tls ? "wss" : "ws") : address.tls ? "ssl" : "tcp";
  address.uri = scheme + address.text.substr(address.text.find("://")) + url.target;
  return address;
}

mqtt::ssl_options make_ssl_options(const TlsConfig& tls) {
  mqtt::ssl_options ssl;
  if (!tls.ca.empty()) ssl.set_trust_store(tls.ca);
  if (!tls.cert.empty()) ssl.set_key_store(tls.cert);
  if (!tls.key.empty()) ssl.set_private_key(tls.key);
  if (!tls.key_passphrase.empty()) ssl.set_private_key_password(tls.key_passphrase);
  ssl.set_enable_server_cert_auth(true);
  // The chain alone does not say whose certificate it is; this checks the host's name too.
  ssl.set_verify(true);
  return ssl;
}

// Paho C 1.3 sends a PINGREQ after its interval, waits one and a half of them for the answer, and
// looks once a second; a connection that is dead shall be noticed within one and a half of ours.
int pahos_interval(Duration keep_alive) {
  const auto patience = keep_alive * 3 / 2 - std::chrono::seconds(1);
  const auto interval = std::chrono::floor<std::chrono::seconds>(patience * 2 / 5).count();
  return static_cast<int>(std::clamp<std::int64_t>(interval, 1, kLongestKeepAlive));
}

}  // namespace

MqttOptions make_mqtt_options(const EndpointConfig& endpoint, std::chrono::seconds session_expiry,
                              End end) {
  const std::string where = end == End::source ? "source" : "sink";
  try {
    MqttOptions options{endpoint, make_address(endpoint.url, end), session_expiry};
    if (options.address.tls) check_tls_files(endpoint.tls, where);
    return options;
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(where + ".url: " + error.what());
  }
}

void fill_connect_options(mqtt::connect_options& connect, const MqttOptions& options) {
  const auto& endpoint = options.endpoint;
  const bool kept = options.session_expiry.count() > 0;
  connect.set_mqtt_version(endpoint.mqtt_version);  // before what depends on it
  if (endpoint.mqtt_version >= MQTTVERSION_5) {
    connect.set_clean_start(!kept);
  } else {
    connect.set_clean_session(!kept);
  }
  connect.set_keep_alive_interval(pahos_interval(endpoint.keep_alive));
  connect.set_automatic_reconnect(false);
  if (!endpoint.username.empty()) connect.set_user_name(endpoint.username);
  if (!endpoint.password.empty()) connect.set_password(endpoint.password);
  if (options.address.tls) connect.set_ssl(make_ssl_options(endpoint.tls));
  if (options.will) {
    constexpr int kQos = 1;
    connect.set_will({options.will->topic, options.will->payload, kQos, options.will->retain});
  }
  // Last, for Paho C++ 1.2.0's sake: see the header.
  if (endpoint.mqtt_version >= MQTTVERSION_5 && kept) {
    const auto expiry = std::min<std::int64_t>(options.session_expiry.count(), kNeverExpires);
    connect.set_properties(
        {{mqtt::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(expiry)}});
  }
}

}  // namespace millrace
