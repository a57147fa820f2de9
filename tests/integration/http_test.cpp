// Health over HTTP, and `millrace health`, as an orchestrator uses them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "net/http_client.hpp"
#include "program.hpp"
#include "support/ports.hpp"

namespace millrace::test {
namespace {

using ::testing::HasSubstr;

class HealthOverHttp : public ::testing::Test {
 protected:
  std::vector<std::string> with_listen(std::vector<std::string> arguments) const {
    arguments.push_back("--set");
    arguments.push_back("http.listen=127.0.0.1:" + std::to_string(port_));
    return arguments;
  }

  std::unique_ptr<Program> run() const {
    return std::make_unique<Program>(variables_, with_listen({"run"}));
  }

  std::string ask(const std::string& path) const {
    const auto answer = http_get({{"127.0.0.1", port_}, path, "sesame", std::chrono::seconds(3)});
    const auto* received = std::get_if<HttpReceived>(&answer);
    return received == nullptr ? "" : std::to_string(received->status) + " " + received->body;
  }

  bool wait_until_answered() const {
    return wait_until([this] { return !ask("/livez").empty(); });
  }

  struct Asked {
    int code;
    std::string output;
  };
  Asked health(const std::vector<std::string>& options) const {
    std::vector<std::string> arguments{"health"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    Program asking(variables_, with_listen(std::move(arguments)));
    const auto code = asking.wait();
    return {code.value_or(-1), asking.output()};
  }

  const std::uint16_t port_ = free_port();
  Variables variables_{
      {"SOURCE_URL", "generate:?interval=1s"}, {"SINK_URL", "stdout:"}, {"HTTP_TOKEN", "sesame"}};
};

TEST_F(HealthOverHttp, IsLiveAndReadyWhileItRuns) {
  const auto millrace = run();
  ASSERT_TRUE(wait_until_answered()) << millrace->output();
  EXPECT_EQ(ask("/livez"), "200 {\"live\": true}\n");
  EXPECT_TRUE(wait_until([&] { return ask("/readyz").substr(0, 3) == "200"; }));
  EXPECT_EQ(ask("/readyz"),
            "200 {\"ready\": true, \"source\": {\"ok\": true}, \"sink\": {\"ok\": true}, "
            "\"journal\": {\"ok\": true}, \"processing\": {\"ok\": true}}\n");
  EXPECT_EQ(health({}).code, 0);
  const auto ready = health({"--ready"});
  EXPECT_EQ(ready.code, 0);
  EXPECT_THAT(ready.output, HasSubstr("{\"ready\": true"));
  EXPECT_EQ(millrace->stop(), 0);
  const auto gone = health({});
  EXPECT_EQ(gone.code, 1);
  EXPECT_THAT(gone.output, HasSubstr("Connection refused"));
}

TEST_F(HealthOverHttp, IsLiveButNotReadyWhileTheBrokerIsAway) {
  variables_["SOURCE_URL"] = "mqtt://127.0.0.1:" + std::to_string(free_port());
  const auto millrace = run();
  ASSERT_TRUE(wait_until_answered()) << millrace->output();
  EXPECT_EQ(health({}).code, 0);
  const auto ready = health({"--ready"});
  EXPECT_EQ(ready.code, 1);
  EXPECT_THAT(ready.output, HasSubstr("\"source\": {\"ok\": false, \"reason\": "));
  EXPECT_EQ(millrace->stop(), 0) << millrace->output();
}

TEST_F(HealthOverHttp, TellsNothingWithoutTheToken) {
  const auto millrace = run();
  ASSERT_TRUE(wait_until_answered());
  variables_["HTTP_TOKEN"] = "simsim";
  const auto refused = health({"--ready"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.output, HasSubstr("http.token"));
  EXPECT_EQ(millrace->stop(), 0);
  EXPECT_THAT(millrace->output(), ::testing::Not(HasSubstr("sesame")));
}

TEST_F(HealthOverHttp, RefusesToStartWhereItsPortIsTaken) {
  const auto millrace = run();
  ASSERT_TRUE(wait_until_answered());
  const auto second = run();
  EXPECT_EQ(second->wait(), 2);
  const std::string said = second->output();
  EXPECT_THAT(said, HasSubstr("http.listen: cannot listen at 127.0.0.1:" + std::to_string(port_)));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
  EXPECT_EQ(millrace->stop(), 0);
}

}  // namespace
}  // namespace millrace::test
