#include "commands/reload.hpp"

#include <gmock/gmock.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/certificates.hpp"

namespace millrace {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// Keeps what is said as `severity: text`, as far as the level allows.
class ReloadTest : public testing::Test, public Observer {
 protected:
  ReloadTest() {
    running_.source.url = "mqtt://broker";
    running_.sink.url = "stdout:";
    wanted_ = running_;
  }

  void notice(const Notice& notice) override {
    if (static_cast<int>(notice.severity) < static_cast<int>(level_)) return;
    const std::string severity = notice.severity == Severity::info      ? "info"
                                 : notice.severity == Severity::warning ? "warning"
                                                                        : "error";
    said_.push_back(severity + ": " + notice.text);
  }

  // A SIGHUP.
  std::vector<std::string> reload() {
    if (!reload_) {
      reload_.emplace(running_,
                      Reload::Parts{.load =
                                        [this] {
                                          if (!wrong_.empty()) throw std::runtime_error(wrong_);
                                          return wanted_;
                                        },
                                    .set_log_level = [this](LogLevel level) { level_ = level; },
                                    .reload_tls = [this](const Config& c) { taken_ = c; }},
                      *this);
    }
    said_.clear();
    taken_.reset();
    (*reload_)();
    return said_;
  }

  Config running_;
  Config wanted_;
  std::string wrong_;
  LogLevel level_ = LogLevel::info;
  std::optional<Config> taken_;

 private:
  std::optional<Reload> reload_;
  std::vector<std::string> said_;
};

TEST_F(ReloadTest, TakesTheLogLevelAndSaysSo) {
  wanted_.log.level = LogLevel::debug;
  EXPECT_THAT(reload(), ElementsAre("info: the configuration has been read again",
                                    "info: log.level is now debug"));
  EXPECT_EQ(level_, LogLevel::debug);
}

TEST_F(ReloadTest, SaysAlsoThatItIsGoingToSayLess) {
  wanted_.log.level = LogLevel::error;
  EXPECT_THAT(reload(), Contains("info: log.level is now error"));
  EXPECT_EQ(level_, LogLevel::error);
}

TEST_F(ReloadTest, NamesEachKeyThatTakesARestartEachTimeAndNoSecret) {
  wanted_.processing.workers = 8;
  wanted_.source.password = "open sesame";
  wanted_.sink.password = "old";
  running_.sink.password = "new";
  const auto all = testing::UnorderedElementsAre(
      "info: the configuration has been read again",
      "warning: processing.workers = 8: that takes a restart, 5 stays in effect",
      "warning: source.password = \"***\": that takes a restart, \"\" stays in effect",
      "warning: sink.password has changed: that takes a restart, the old one stays in effect");
  EXPECT_THAT(reload(), all);
  EXPECT_THAT(reload(), all) << "as long as it is so";
}

TEST_F(ReloadTest, ChangesNothingWhereTheConfigurationIsWrong) {
  wanted_.log.level = LogLevel::debug;
  wrong_ = "mill.json:3: processing.workers = 0: must be at least 1";
  EXPECT_THAT(reload(), ElementsAre("error: nothing has changed: " + wrong_));
  EXPECT_EQ(level_, LogLevel::info);
  EXPECT_FALSE(taken_);
  wrong_.clear();
  EXPECT_THAT(reload(), Contains("info: log.level is now debug")) << "once it has been mended";
}

TEST_F(ReloadTest, ReadsTheFilesOfBothEndsAgainAlsoUnderTheSameNames) {
  const test::Certificates authority;
  const auto server = authority.server("DNS:localhost");
  running_.source.url = "mqtts://broker";
  running_.sink.url = "ws-listen://127.0.0.1:8080/";
  running_.source.tls.ca = authority.ca();
  running_.sink.tls = {"", server.cert, server.key, ""};
  wanted_ = running_;
  EXPECT_THAT(reload(), ElementsAre("info: the configuration has been read again; new connections "
                                    "use the files of source.tls and sink.tls"));
  ASSERT_TRUE(taken_);
  EXPECT_EQ(taken_->sink.tls.cert, server.cert);
}

TEST_F(ReloadTest, ChangesNothingWhereAFileDoesNotLoad) {
  const test::Certificates authority;
  running_.source.url = "mqtts://broker";
  wanted_ = running_;
  wanted_.log.level = LogLevel::debug;
  wanted_.source.tls.ca = authority.ca() + ".gone";
  const auto said = reload();
  ASSERT_EQ(said.size(), 1U);
  EXPECT_THAT(said[0], testing::StartsWith("error: nothing has changed: source.tls.ca = "));
  EXPECT_EQ(level_, LogLevel::info);
  EXPECT_FALSE(taken_);
}

TEST_F(ReloadTest, LeavesAListenerWithTlsOrWithout) {
  const test::Certificates authority;
  const auto server = authority.server("DNS:localhost");
  running_.source.url = wanted_.source.url = "tcp-listen://127.0.0.1:0";
  wanted_.source.tls = {"", server.cert, server.key, ""};
  EXPECT_THAT(reload(), Contains("warning: source.tls.cert = \"" + server.cert +
                                 "\": that takes a restart, \"\" stays in effect"));
  ASSERT_TRUE(taken_);
  EXPECT_EQ(taken_->source.tls, TlsConfig{});
}

}  // namespace
}  // namespace millrace
