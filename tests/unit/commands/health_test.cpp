#include "commands/health.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>

#include "net/http_address.hpp"
#include "net/http_server.hpp"

namespace millrace {
namespace {

class HealthCommandTest : public testing::Test {
 protected:
  void ask(bool ready) {
    out_.str("");
    err_.str("");
    code_ = health({ready}, config_, out_, err_);
  }

  static HttpServer serve(const std::string& token) {
    HttpServerOptions options;
    options.listen = {"127.0.0.1", 0};
    options.token = token;
    HttpRoutes routes;
    routes["/livez"].get = [] { return HttpResponse{200, "application/json", "{\"live\": true}"}; };
    routes["/readyz"].get = [] {
      return HttpResponse{503, "application/json", "{\"ready\": false}\n"};
    };
    return HttpServer(std::move(options), std::move(routes));
  }

  Config config_;
  std::ostringstream out_;
  std::ostringstream err_;
  int code_ = -1;
};

TEST_F(HealthCommandTest, PrintsTheAnswerAndMapsItToAnExitCode) {
  const HttpServer server = serve("sesame");
  config_.http.listen = "0.0.0.0:" + std::to_string(server.address().port);
  config_.http.token = "sesame";
  ask(false);
  EXPECT_EQ(code_, 0);
  EXPECT_EQ(out_.str(), "{\"live\": true}\n");
  EXPECT_EQ(err_.str(), "");
  ask(true);
  EXPECT_EQ(code_, 1);
  EXPECT_EQ(out_.str(), "{\"ready\": false}\n");
}

TEST_F(HealthCommandTest, SaysThatTheTokenIsAnotherOne) {
  const HttpServer server = serve("sesame");
  config_.http.listen = to_string(server.address());
  config_.http.token = "simsim";
  ask(false);
  EXPECT_EQ(code_, 1);
  EXPECT_EQ(err_.str(), "millrace health: http.token is not that of the process\n");
}

TEST_F(HealthCommandTest, SaysInOneLineThatNobodyListens) {
  {
    const HttpServer gone = serve("");
    config_.http.listen = to_string(gone.address());
  }
  ask(false);
  EXPECT_EQ(code_, 1);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(err_.str(), "millrace health: no answer from " + config_.http.listen +
                            " (http.listen): Connection refused\n");
}

TEST_F(HealthCommandTest, SaysThatThereIsNoEndpoint) {
  config_.http.listen = "";
  ask(false);
  EXPECT_EQ(code_, 1);
  EXPECT_EQ(err_.str(), "millrace health: http.listen is empty, so there is nothing to ask\n");
}

}  // namespace
}  // namespace millrace
