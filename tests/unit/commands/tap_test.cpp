#include "commands/tap.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>

#include "net/http_address.hpp"
#include "unit/observability/tap_endpoint.hpp"

namespace millrace {
namespace {

using test::TapEndpoint;

class TapCommandTest : public testing::Test {
 protected:
  void serve(TapMode mode, const std::string& token = "") {
    endpoint_ = std::make_unique<TapEndpoint>(mode, token);
    config_.http.listen = to_string(endpoint_->address());
    config_.http.token = token;
  }

  // While chunks arrive, one after another.
  void look(const TapArguments& arguments) {
    std::jthread arriving([this](const std::stop_token& stop) {
      Chunk chunk;
      chunk.stream = "events/a";
      chunk.bytes = Payload("12");
      while (!stop.stop_requested()) {
        if (endpoint_) endpoint_->tap.chunk_received(chunk);
        std::this_thread::yield();
      }
    });
    code_ = tap(arguments, config_, out_, err_);
  }

  std::unique_ptr<TapEndpoint> endpoint_;
  Config config_;
  std::ostringstream out_;
  std::ostringstream err_;
  int code_ = -1;
};

TEST_F(TapCommandTest, ShowsSoManyAndEnds) {
  serve(TapMode::payloads, "sesame");
  look({{TapStage::chunks, "events/#", false}, 3, true});
  EXPECT_EQ(code_, 0) << err_.str();
  std::istringstream lines(out_.str());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto message = nlohmann::json::parse(line);
    EXPECT_EQ(message.at("stage"), "chunks");
    EXPECT_EQ(message.at("payload"), "12");
  }
  EXPECT_EQ(count, 3);
}

TEST_F(TapCommandTest, ShowsNoPayloadsUnlessTheyMayBeShown) {
  serve(TapMode::events);
  look({{TapStage::chunks, "", false}, 1, true});
  EXPECT_EQ(code_, 0) << err_.str();
  EXPECT_FALSE(nlohmann::json::parse(out_.str()).contains("payload"));
}

TEST_F(TapCommandTest, EndsWhenItIsStopped) {
  serve(TapMode::events);
  const TapArguments arguments{{TapStage::chunks, "", false}, 0, false};
  code_ = tap(arguments, config_, out_, err_, [](const std::function<void()>& stop) { stop(); });
  EXPECT_EQ(code_, 0);
  EXPECT_EQ(err_.str(), "");
}

TEST_F(TapCommandTest, SaysInOneLineWhyItShowsNothing) {
  const TapArguments arguments;
  serve(TapMode::events, "sesame");
  config_.http.token = "simsim";
  EXPECT_EQ(tap(arguments, config_, out_, err_), 1);
  serve(TapMode::off);
  EXPECT_EQ(tap(arguments, config_, out_, err_), 1);
  endpoint_.reset();
  EXPECT_EQ(tap(arguments, config_, out_, err_), 1);
  const std::string nobody = config_.http.listen;
  config_.http.listen = "";
  EXPECT_EQ(tap(arguments, config_, out_, err_), 1);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(err_.str(),
            "millrace tap: http.token is not that of the process\n"
            "millrace tap: http.tap of the process is off\n"
            "millrace tap: no answer from " +
                nobody +
                " (http.listen): Connection refused\n"
                "millrace tap: http.listen is empty, so there is nothing to look at\n");
}

TEST(TapLineTest, IsReadByPeople) {
  EXPECT_EQ(
      tap_line(R"({"stage": "outcomes", "event": "5f3a9c01-17.0", "number": 42,
                "stream": "events/a", "bytes_in": 12, "received": 0, "cut": 1800000000.0,
                "kind": "rejected", "cause": "no\nnumber", "dropped": true, "worker": 3,
                "attempts": 2, "bytes_out": 0, "started": 1800000000.0005,
                "finished": 1800000002.5, "emitted": 1800000002.625, "confirmed": 1800000002.625,
                "payload": "\u001b[2J", "encoding": "utf8", "left_out": 9})"),
      "… 9 not shown\n"
      "08:00:02.625  5f3a9c01-17.0  \"events/a\"  rejected, dropped \"no\\nnumber\"  worker 3  "
      "2 attempts  12 B to 0 B  queue 0.50 ms, work 2.50 s, order 125 ms, confirm 0.00 ms  "
      "\"\\u001b[2J\"");
  EXPECT_EQ(tap_line(R"({"stage": "chunks", "stream": "events/a", "bytes_in": 12,
                "received": 1800000000.0, "redelivered": true, "left_out": 0})"),
            "08:00:00.000  \"events/a\"  12 B  redelivered");
  EXPECT_EQ(
      tap_line(R"({"stage": "frames", "event": "5f3a9c01-17.0", "number": 42,
                "stream": "events/a", "bytes_in": 12, "received": 0, "cut": 1800000000.0,
                "defect": "too long", "payload": "/wE=", "encoding": "base64", "left_out": 0})"),
      "08:00:00.000  5f3a9c01-17.0  \"events/a\"  12 B  defect \"too long\"  \"/wE=\" (base64)");
  EXPECT_EQ(tap_line("no \x1b JSON"), "\"no \\u001b JSON\"");
}

}  // namespace
}  // namespace millrace
