#include "net/mqtt_options.hpp"

#include <gmock/gmock.h>
#include <mqtt/connect_options.h>

#include "net/tls_files.hpp"
#include "support/certificates.hpp"
#include "support/temp_folder.hpp"

namespace millrace {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::ThrowsMessage;

EndpointConfig endpoint(const std::string& url) {
  EndpointConfig config;
  config.url = url;
  return config;
}

MqttAddress address(const std::string& url) {
  return make_mqtt_options(endpoint(url), seconds(0), End::source).address;
}

TEST(MqttOptions, SpeaksPahosSchemes) {
  EXPECT_EQ(address("mqtt://broker").uri, "tcp://broker:1883");
  EXPECT_EQ(address("mqtts://broker").uri, "ssl://broker:8883");
  EXPECT_EQ(address("mqtt://[::1]:2000").uri, "tcp://[::1]:2000");
  EXPECT_EQ(address("mqtt+ws://broker").uri, "ws://broker:80/mqtt");
  EXPECT_EQ(address("mqtt+wss://broker:8084/x?y=z").uri, "wss://broker:8084/x?y=z");
  EXPECT_EQ(address("mqtt://broker").text, "mqtt://broker:1883");
  EXPECT_EQ(address("mqtts://broker:4000").port, 4000);
  EXPECT_TRUE(address("mqtts://broker").tls);
  EXPECT_TRUE(address("mqtt+wss://broker").tls);
  EXPECT_FALSE(address("mqtt+ws://broker").tls);
  EXPECT_FALSE(address("mqtt://broker").tls);
}

TEST(MqttOptions, NamesTheKeyOfAUrlThatIsNone) {
  EXPECT_THAT([] { static_cast<void>(address("broker:1883")); },
              ThrowsMessage<std::runtime_error>(HasSubstr("source.url: ")));
}

TEST(MqttOptions, LeavePahoTimeToNoticeADeadConnectionWithinOneAndAHalfKeepAlives) {
  const auto paho = [](seconds keep_alive) {
    auto config = endpoint("mqtt://broker");
    config.keep_alive = keep_alive;
    mqtt::connect_options connect;
    fill_connect_options(connect, make_mqtt_options(config, seconds(0), End::source));
    return connect.get_keep_alive_interval();
  };
  EXPECT_EQ(paho(seconds(20)), seconds(11));
  EXPECT_EQ(paho(seconds(4)), seconds(2));
  EXPECT_EQ(paho(seconds(1)), seconds(1)) << "never none";
  EXPECT_LE(paho(seconds(64'800)), seconds(65'535));
}

class TlsFiles : public testing::Test {
 protected:
  void refuses(const std::string& part) const {
    EXPECT_THAT([&] { check_tls_files(tls, "sink"); },
                ThrowsMessage<std::runtime_error>(HasSubstr(part)));
  }

  static const test::Certificates& certificates() {
    static const test::Certificates certificates;
    return certificates;
  }

  test::TempFolder folder;
  TlsConfig tls;
};

TEST_F(TlsFiles, MayBeNone) {
  EXPECT_NO_THROW(check_tls_files(tls, "sink"));
}

TEST_F(TlsFiles, AreTakenWhereTheyFit) {
  const auto client = certificates().client("mill", "secret");
  tls = {certificates().ca(), client.cert, client.key, "secret"};
  EXPECT_NO_THROW(check_tls_files(tls, "sink"));
}

TEST_F(TlsFiles, MustBeThere) {
  tls.ca = (folder.path() / "none.pem").string();
  refuses("sink.tls.ca = \"" + tls.ca + "\": no such file");
}

TEST_F(TlsFiles, MustHoldWhatTheyAreFor) {
  tls.ca = folder.write("ca.pem", "no certificate\n");
  refuses("sink.tls.ca = \"" + tls.ca + "\": no certificate in PEM");
  tls.ca.clear();
  const auto client = certificates().client("mill");
  tls.cert = folder.write("cert.pem", "no certificate\n");
  tls.key = client.key;
  refuses("sink.tls.cert = \"" + tls.cert + "\": no certificate in PEM");
}

TEST_F(TlsFiles, NeedTheRightPassphrase) {
  const auto client = certificates().client("mill", "secret");
  tls = {{}, client.cert, client.key, "wrong"};
  refuses("sink.tls.key_passphrase opens");
  tls.key_passphrase.clear();
  refuses("sink.tls.key_passphrase opens");
}

TEST_F(TlsFiles, NeedAKeyOfTheCertificate) {
  const auto one = certificates().client("one");
  const auto two = certificates().client("two");
  tls = {{}, one.cert, two.key, {}};
  refuses("belongs to sink.tls.cert");
}

TEST_F(TlsFiles, ComeInPairs) {
  tls.cert = "cert.pem";
  refuses("needs sink.tls.key as well");
  tls.cert.clear();
  tls.key = "key.pem";
  refuses("needs sink.tls.cert as well");
}

}  // namespace
}  // namespace millrace
