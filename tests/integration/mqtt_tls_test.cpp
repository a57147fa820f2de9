// MQTT over TLS: who is let in, and whom we trust.
#include <gmock/gmock.h>

#include "mqtt_ends.hpp"
#include "support/certificates.hpp"
#include "support/mosquitto.hpp"
#include "support/mqtt_peer.hpp"

namespace millrace::test {
namespace {

class MqttTls : public testing::Test {
 protected:
  static std::string url_of(const Mosquitto& broker, const std::string& host = "localhost") {
    return "mqtts://" + host + ":" + std::to_string(broker.port());
  }

  BrokerOptions with_certificate(const std::string& names) const {
    const auto server = certificates_.server(names);
    BrokerOptions options;
    options.listener_config = {"cafile " + certificates_.ca(), "certfile " + server.cert,
                               "keyfile " + server.key};
    return options;
  }

  SourceConfig trusting(const std::string& url) const {
    auto config = source_config(url);
    config.tls.ca = certificates_.ca();
    return config;
  }

  Certificates certificates_;
};

TEST_F(MqttTls, ConnectsWhereTheCertificateIsTrustedAndOfTheHost) {
  Mosquitto broker(with_certificate("DNS:localhost"));
  SourceRig source(trusting(url_of(broker)));
  EXPECT_TRUE(source.start().states.wait_for_ok());
}

TEST_F(MqttTls, ConnectsToAnAddressThatTheCertificateNames) {
  Mosquitto broker(with_certificate("IP:127.0.0.1"));
  SourceRig source(trusting(url_of(broker, "127.0.0.1")));
  EXPECT_TRUE(source.start().states.wait_for_ok());
}

TEST_F(MqttTls, RefusesACertificateOfAnotherHost) {
  Mosquitto broker(with_certificate("DNS:elsewhere.example"));
  SourceRig source(trusting(url_of(broker)));
  source.start();
  EXPECT_TRUE(source.states.wait_for_reason("TLS failed"));
  EXPECT_FALSE(source.states.last().connected);
  EXPECT_EQ(broker.log().find("as rig"), std::string::npos) << "CONNECT was sent all the same";
}

TEST_F(MqttTls, RefusesACertificateOfAnAuthorityThatItDoesNotKnow) {
  Mosquitto broker(with_certificate("DNS:localhost"));
  const Certificates others;
  auto config = trusting(url_of(broker));
  config.tls.ca = others.ca();
  SourceRig source(config);
  source.start();
  EXPECT_TRUE(source.states.wait_for_reason("TLS failed"));
}

TEST_F(MqttTls, RefusesATestCertificateWhereNoAuthorityIsConfigured) {
  Mosquitto broker(with_certificate("DNS:localhost"));
  SourceRig source(source_config(url_of(broker)));
  source.start();
  EXPECT_TRUE(source.states.wait_for_reason("TLS failed"));
}

TEST_F(MqttTls, ShowsItsOwnCertificateWithALockedKey) {
  auto options = with_certificate("DNS:localhost");
  options.listener_config.emplace_back("require_certificate true");
  Mosquitto broker(options);
  const auto client = certificates_.client("mill", "open sesame");
  auto config = trusting(url_of(broker));
  config.tls.cert = client.cert;
  config.tls.key = client.key;
  config.tls.key_passphrase = "open sesame";
  SourceRig source(config);
  EXPECT_TRUE(source.start().states.wait_for_ok());

  SourceRig nobody(trusting(url_of(broker)));
  nobody.start();
  EXPECT_TRUE(nobody.states.wait_for_reason("TLS failed"));
}

TEST_F(MqttTls, SurvivesAPause) {
  Mosquitto broker(with_certificate("DNS:localhost"));
  SourceRig source(trusting(url_of(broker)));
  ASSERT_TRUE(source.start().states.wait_for_ok());
  source.pause();
  source.resume();
  EXPECT_TRUE(source.states.wait_for_ok());
}

}  // namespace
}  // namespace millrace::test
