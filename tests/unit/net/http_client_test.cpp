#include "net/http_client.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "net/http_address.hpp"
#include "net/http_server.hpp"

namespace millrace {
namespace {

using namespace std::chrono_literals;

// Accepts in the kernel, and never answers.
class SilentListener {
 public:
  SilentListener() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(fd_, any, size), 0);
    EXPECT_EQ(::getsockname(fd_, any, &size), 0);
    EXPECT_EQ(::listen(fd_, 1), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentListener() { ::close(fd_); }
  SilentListener(const SilentListener&) = delete;
  SilentListener& operator=(const SilentListener&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

TEST(HttpClientTest, GetsStatusAndBody) {
  HttpServerOptions options;
  options.listen = {"127.0.0.1", 0};
  options.token = "sesame";
  HttpRoutes routes;
  routes["/readyz"].get = [] { return HttpResponse{503, "application/json", "{}"}; };
  const HttpServer server(std::move(options), std::move(routes));
  const auto answer = http_get({server.address(), "/readyz", "sesame", 3000ms});
  ASSERT_TRUE(std::holds_alternative<HttpReceived>(answer)) << std::get<std::string>(answer);
  EXPECT_EQ(std::get<HttpReceived>(answer).status, 503U);
  EXPECT_EQ(std::get<HttpReceived>(answer).body, "{}");
  const auto refused = http_get({server.address(), "/readyz", "", 3000ms});
  EXPECT_EQ(std::get<HttpReceived>(refused).status, 401U);
}

TEST(HttpClientTest, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    const SilentListener gone;
    port = gone.port();
  }
  const auto answer = http_get({{"127.0.0.1", port}, "/livez", "", 3000ms});
  ASSERT_TRUE(std::holds_alternative<std::string>(answer));
  EXPECT_EQ(std::get<std::string>(answer), "Connection refused");
}

TEST(HttpClientTest, WaitsNoLongerThanItsTimeout) {
  const SilentListener silent;
  const auto start = std::chrono::steady_clock::now();
  const auto answer = http_get({{"127.0.0.1", silent.port()}, "/livez", "", 100ms});
  EXPECT_TRUE(std::holds_alternative<std::string>(answer));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST(HttpAddressTest, IsALoopbackAddressWhereItMeansAll) {
  EXPECT_EQ(to_string(reachable({"0.0.0.0", 9464})), "127.0.0.1:9464");
  EXPECT_EQ(to_string(reachable({"::", 9464})), "[::1]:9464");
  EXPECT_EQ(to_string(reachable({"localhost", 9464})), "localhost:9464");
}

}  // namespace
}  // namespace millrace
