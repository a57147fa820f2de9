#include "config/difference.hpp"

#include <gmock/gmock.h>

namespace millrace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ChangedKeys, AreNoneBetweenAConfigurationAndItsCopy) {
  Config config;
  config.source.topics = {"events/#"};
  EXPECT_THAT(changed_keys(config, Config(config)), IsEmpty());
}

TEST(ChangedKeys, NameEachValueThatDiffersOfWhateverType) {
  const Config before;
  Config after;
  after.source.password = "open sesame";
  after.source.topics = {"events/#"};
  after.processing.order = Order::key;
  after.limits.drain = Duration(1);
  after.sink.headers = {{"a", "b"}};
  after.log.level = LogLevel::debug;
  EXPECT_THAT(changed_keys(before, after),
              testing::UnorderedElementsAre("source.password", "source.topics", "processing.order",
                                            "limits.drain", "sink.headers", "log.level"));
}

TEST(ChangedKeys, TellTheTwoEndsApart) {
  const Config before;
  Config after;
  after.sink.tls.ca = "/etc/ssl/ca.pem";
  EXPECT_THAT(changed_keys(before, after), ElementsAre("sink.tls.ca"));
}

}  // namespace
}  // namespace millrace
