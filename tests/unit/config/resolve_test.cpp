// What one end takes from the other.
#include <gtest/gtest.h>

#include "inputs.hpp"

namespace millrace::test {
namespace {

Config resolved(std::vector<std::string> set) {
  ConfigInputs inputs;
  inputs.set = std::move(set);
  return load_config(inputs);
}

TEST(Sink, SharesTheSourcesBrokerCredentialsAndTlsUnderAnotherClientId) {
  const TempFolder folder;
  const std::string ca = folder.write("ca.pem", "");
  const Config config =
      resolved({"source.url=mqtts://broker", "source.client_id=mill", "source.username=joe",
                "source.password=secret", "source.mqtt_version=3.1.1", "source.tls.ca=" + ca});
  EXPECT_EQ(config.sink.url, "mqtts://broker");
  EXPECT_EQ(config.sink.client_id, "mill-sink");
  EXPECT_EQ(config.sink.username, "joe");
  EXPECT_EQ(config.sink.password, "secret");
  EXPECT_EQ(config.sink.mqtt_version, 4);
  EXPECT_EQ(config.sink.tls.ca, ca);
}

TEST(Sink, KeepsCredentialsOfItsOwnOnTheSourcesBroker) {
  const Config config = resolved({"source.username=joe", "source.password=a", "sink.username=jim"});
  EXPECT_EQ(config.sink.username, "jim");
  EXPECT_EQ(config.sink.password, "");
}

TEST(Sink, TakesNothingFromTheSourceWhereItHasAUrl) {
  const Config config = resolved({"source.username=joe", "source.password=a",
                                  "source.mqtt_version=4", "sink.url=mqtt://other"});
  EXPECT_EQ(config.sink.username, "");
  EXPECT_EQ(config.sink.password, "");
  EXPECT_EQ(config.sink.mqtt_version, 5);
  EXPECT_EQ(config.sink.client_id, "millrace-sink");
}

TEST(Sink, MayShareAClientIdWithTheSourceOfAnotherBroker) {
  EXPECT_EQ(resolved({"sink.url=mqtt://other", "sink.client_id=millrace"}).sink.client_id,
            "millrace");
}

TEST(Framing, IsLinesForAStreamOfBytesAndWholeForMessages) {
  EXPECT_EQ(resolved({"source.url=stdin:", "sink.url=stdout:"}).framing.type, FramingType::lines);
  EXPECT_EQ(resolved({"source.url=generate:", "sink.url=stdout:"}).framing.type,
            FramingType::whole);
  EXPECT_EQ(resolved({}).framing.type, FramingType::whole);
}

TEST(Framing, TakesAHeaderWhereItNeedsOne) {
  const Config config = resolved({"framing.type=length_prefixed", "framing.header.format=>I16s",
                                  "framing.header.fields=length,digest", "processing.type=verify",
                                  "processing.algorithm=md5"});
  EXPECT_EQ(config.framing.header.format, ">I16s");
  EXPECT_EQ(config.framing.header.fields, (std::vector<std::string>{"length", "digest"}));
}

TEST(Loop, IsAllowedWhereItIsAskedForOrCannotBe) {
  EXPECT_TRUE(resolved({"sink.topic=events/done", "sink.allow_loop=true"}).sink.allow_loop);
  EXPECT_EQ(resolved({"sink.topic=events/done", "sink.url=mqtt://other"}).sink.topic,
            "events/done");
  EXPECT_EQ(resolved({"sink.topic=events/done", "sink.url=mqtt://localhost:1884"}).sink.topic,
            "events/done");
  EXPECT_EQ(resolved({"sink.topic=events/done", "sink.url=stdout:"}).sink.topic, "events/done");
  EXPECT_EQ(resolved({"dead_letter.topic=events/dead", "sink.url=mqtt://other"}).dead_letter.topic,
            "events/dead");
  EXPECT_EQ(resolved({"source.topics=events/+", "sink.topic={topic}/done"}).sink.topic,
            "{topic}/done");
  EXPECT_EQ(resolved({"sink.topic={response_topic}"}).sink.topic, "{response_topic}");
}

TEST(Tls, TakesACertificateWithItsKey) {
  const TempFolder folder;
  const Config config =
      resolved({"source.url=mqtts://broker", "source.tls.cert=" + folder.write("cert.pem", ""),
                "source.tls.key=" + folder.write("key.pem", ""), "source.tls.key_passphrase=x"});
  EXPECT_EQ(config.source.tls.key_passphrase, "x");
}

TEST(Tls, MayBeTheSinksOwnOnTheSourcesBroker) {
  const TempFolder folder;
  const std::string ca = folder.write("ca.pem", "");
  EXPECT_EQ(resolved({"source.url=mqtts://broker", "sink.tls.ca=" + ca}).sink.tls.ca, ca);
}

}  // namespace
}  // namespace millrace::test
