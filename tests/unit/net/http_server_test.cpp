#include "net/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "unit/net/raw_client.hpp"

namespace millrace {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpServerTest : public testing::Test {
 protected:
  void serve(const std::string& token = "") {
    HttpServerOptions options;
    options.listen = {"127.0.0.1", 0};
    options.token = token;
    HttpRoutes routes;
    routes["/livez"].get = [] { return HttpResponse{200, "application/json", "{}\n"}; };
    routes["/readyz"].get = [] { return HttpResponse{503, "application/json", "{...}\n"}; };
    routes["/page"].get = [] {
      return HttpResponse{
          200, "text/html", "", {{"Content-Security-Policy", "default-src 'none'"}}};
    };
    routes["/page"].open = true;
    routes["/broken"].get = []() -> HttpResponse { throw std::runtime_error("a secret"); };
    server_ = std::make_unique<HttpServer>(std::move(options), std::move(routes));
  }

  std::string ask(const std::string& request) {
    RawClient client(server_->address().port);
    client.send(request);
    return client.response();
  }

  static std::string get(const std::string& path, const std::string& headers = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersWhatTheRouteSays) {
  serve();
  const std::string live = ask(get("/livez"));
  EXPECT_THAT(live, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(live, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(live, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(live, HasSubstr("\r\n\r\n{}\n"));
  EXPECT_THAT(ask(get("/readyz")), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
}

TEST_F(HttpServerTest, AddsTheHeadersThatTheRouteNames) {
  serve();
  EXPECT_THAT(ask(get("/page")), HasSubstr("Content-Security-Policy: default-src 'none'\r\n"));
}

TEST_F(HttpServerTest, AnswersAnOpenRouteWithoutTheToken) {
  serve("sesame");
  EXPECT_THAT(ask(get("/page")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask(get("/livez")), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(ask(get("/other")), StartsWith("HTTP/1.1 401"));
}

TEST_F(HttpServerTest, FindsTheRouteWithoutTheQuery) {
  serve();
  EXPECT_THAT(ask(get("/livez?verbose=1")), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, KnowsNoOtherPath) {
  serve();
  for (const char* path : {"/", "/livez/", "/livezz", "/%6civez", "//livez", "/../livez"}) {
    EXPECT_THAT(ask(get(path)), StartsWith("HTTP/1.1 404")) << path;
  }
}

TEST_F(HttpServerTest, AnswersHeadWithTheLengthAndWithoutTheBody) {
  serve();
  RawClient client(server_->address().port);
  client.send("HEAD /livez HTTP/1.1\r\nHost: x\r\n\r\n" + get("/readyz"));
  EXPECT_THAT(client.header(), HasSubstr("Content-Length: 3\r\n"));
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 503"));
}

TEST_F(HttpServerTest, RefusesOtherMethodsAndSaysWhichThereAre) {
  serve();
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"}) {
    const std::string refused =
        ask(std::string(method) + " /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 405")) << method;
    EXPECT_THAT(refused, HasSubstr("Allow: GET, HEAD\r\n")) << method;
  }
}

TEST_F(HttpServerTest, ReadsNoBody) {
  serve();
  RawClient client(server_->address().port);
  const std::string body = get("/readyz");
  client.send(get("/livez", "Content-Length: " + std::to_string(body.size()) + "\r\n") + body);
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 413"));
  client.finish();
  EXPECT_EQ(client.rest(), "") << "closed, not taken for the next request";
}

TEST_F(HttpServerTest, GetsItsRefusalThroughToOneWhoIsStillSending) {
  serve();
  RawClient client(server_->address().port);
  client.send("POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n" +
              std::string(30000, 'x'));
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 405"));
  client.finish();
  EXPECT_EQ(client.rest(), "");
  EXPECT_FALSE(client.was_reset());
}

TEST_F(HttpServerTest, KeepsAConnectionOpenUnlessAskedNotTo) {
  serve();
  RawClient client(server_->address().port);
  for (int i = 0; i < 3; ++i) {
    client.send(get("/livez"));
    EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200"));
  }
  client.send(get("/livez", "Connection: close\r\n"));
  EXPECT_THAT(client.response(), HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(client.rest(), "");
}

TEST_F(HttpServerTest, AnswersAnOldClientInItsVersionAndCloses) {
  serve();
  RawClient client(server_->address().port);
  client.send("GET /livez HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.0 200"));
  EXPECT_EQ(client.rest(), "");
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  serve();
  RawClient client(server_->address().port);
  client.send(get("/livez") + get("/readyz") + get("/none") + get("/livez"));
  for (const char* status : {"200", "503", "404", "200"}) {
    EXPECT_THAT(client.response(), StartsWith(std::string("HTTP/1.1 ") + status));
  }
}

TEST_F(HttpServerTest, UnderstandsARequestThatComesByteByByte) {
  serve();
  RawClient client(server_->address().port);
  for (const char c : get("/livez")) client.send({&c, 1});
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, RefusesWhatIsNoRequest) {
  serve();
  for (const char* nonsense :
       {"hello\r\n\r\n", "GET\r\n\r\n", "GET /livez HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\x00\x01",
        "GET /livez HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "GET /livez HTTP/1.1\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"}) {
    RawClient client(server_->address().port);
    client.send(nonsense);
    client.finish();
    EXPECT_THAT(client.rest(), testing::AnyOf(StartsWith("HTTP/1.1 400"), testing::IsEmpty()))
        << nonsense;
  }
  EXPECT_THAT(ask("hello\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(ask(get("/livez")), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, RefusesAHeaderOfMoreThanEightKibibytes) {
  serve();
  EXPECT_THAT(ask(get("/livez", "X: " + std::string(7000, 'x') + "\r\n")),
              StartsWith("HTTP/1.1 200"));
  RawClient client(server_->address().port);
  client.send(get("/livez", "X: " + std::string(9000, 'x') + "\r\n"));
  EXPECT_THAT(client.response(), StartsWith("HTTP/1.1 431"));
  EXPECT_EQ(client.rest(), "");
}

TEST_F(HttpServerTest, SaysNothingOfAnExceptionAndLives) {
  serve();
  const std::string broken = ask(get("/broken"));
  EXPECT_THAT(broken, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(broken, Not(HasSubstr("secret")));
  EXPECT_THAT(ask(get("/livez")), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, WantsTheTokenForEveryPath) {
  serve("open sesame");
  for (const char* path : {"/livez", "/none"}) {
    for (const char* header :
         {"", "Authorization: Bearer open sesam\r\n", "Authorization: Bearer open sesamE\r\n",
          "Authorization: Bearer open sesame2\r\n", "Authorization: Basic open sesame\r\n",
          "Authorization: open sesame\r\n", "Authorization: Bearer \r\n"}) {
      const std::string refused = ask(get(path, header));
      EXPECT_THAT(refused, StartsWith("HTTP/1.1 401")) << path << ' ' << header;
      EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Bearer\r\n"));
    }
  }
  EXPECT_THAT(ask(get("/livez", "Authorization: Bearer open sesame\r\n")),
              StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask(get("/livez", "authorization: bearer open sesame\r\n")),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, SaysInOneLineThatItsPortIsTaken) {
  serve();
  HttpServerOptions options;
  options.listen = server_->address();
  try {
    const HttpServer second(options, {});
    FAIL() << "two at one port";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()),
              "http.listen: cannot listen at 127.0.0.1:" + std::to_string(options.listen.port) +
                  ": Address already in use");
  }
}

TEST_F(HttpServerTest, ClosesEveryConnectionAtItsEnd) {
  const std::size_t before = open_descriptors();
  serve();
  RawClient idle(server_->address().port);
  RawClient busy(server_->address().port);
  RawClient used(server_->address().port);
  busy.send("GET /li");
  used.send(get("/livez"));
  EXPECT_THAT(used.response(), StartsWith("HTTP/1.1 200"));
  server_.reset();
  EXPECT_EQ(idle.rest() + busy.rest() + used.rest(), "");
  EXPECT_EQ(open_descriptors(), before + 3) << "those of the three clients";
}

}  // namespace
}  // namespace millrace
