#include "unit/net/raw_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <utility>

namespace millrace {
namespace {

constexpr std::chrono::milliseconds kPatience{10000};

}  // namespace

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

RawClient::~RawClient() {
  ::close(fd_);
}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the other side has closed, which the reads show
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void RawClient::finish() {
  ::shutdown(fd_, SHUT_WR);
}

bool RawClient::read_more(std::chrono::milliseconds time) {
  pollfd polled{fd_, POLLIN, 0};
  if (::poll(&polled, 1, static_cast<int>(time.count())) <= 0) return false;
  std::array<char, 65536> bytes{};
  const auto count = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (count < 0 && errno == ECONNRESET) reset_ = true;
  if (count <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::string RawClient::header() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more(kPatience)) {
      ADD_FAILURE() << "no response, but: " << buffer_;
      return {};
    }
  }
  const std::string header = buffer_.substr(0, end + 4);
  buffer_.erase(0, end + 4);
  return header;
}

std::string RawClient::response() {
  const std::string header = this->header();
  constexpr std::string_view kLength = "Content-Length: ";
  const auto at = header.find(kLength);
  if (at == std::string::npos) return header;
  const std::size_t length = std::stoul(header.substr(at + kLength.size()));
  while (buffer_.size() < length) {
    if (!read_more(kPatience)) {
      ADD_FAILURE() << "the body ends early";
      return header;
    }
  }
  std::string response = header + buffer_.substr(0, length);
  buffer_.erase(0, length);
  return response;
}

std::string RawClient::rest() {
  while (read_more(kPatience)) {
  }
  return std::exchange(buffer_, {});
}

bool RawClient::closed_within(std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd polled{fd_, POLLIN, 0};
    if (::poll(&polled, 1, static_cast<int>(left.count())) <= 0) return false;
    std::array<char, 65536> bytes{};
    if (::recv(fd_, bytes.data(), bytes.size(), 0) <= 0) return true;
  }
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace millrace
