#include "support/raw_websocket.hpp"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "support/ports.hpp"

namespace millrace::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::array<unsigned char, 4> kMask{0x12, 0x34, 0x56, 0x78};
constexpr const char* kKey = "dGhlIHNhbXBsZSBub25jZQ==";

int left_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

std::string value_of(const std::string& header, const std::string& name) {
  const auto at = header.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return header.substr(begin, header.find("\r\n", begin) - begin);
}

}  // namespace

RawWebSocket::~RawWebSocket() {
  ::close(fd_);
}

bool RawWebSocket::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawWebSocket::send_some(std::string_view bytes, milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (!bytes.empty()) {
    pollfd polled{fd_, POLLOUT, 0};
    if (::poll(&polled, 1, left_until(deadline)) <= 0) return false;
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawWebSocket::send(int opcode, std::string_view payload, bool fin) {
  std::string frame(1, static_cast<char>((fin ? 0x80 : 0) | opcode));
  const unsigned masked = client_ ? 0x80 : 0;
  const auto put = [&frame](std::uint64_t value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      frame += static_cast<char>(value >> static_cast<unsigned>(shift));
    }
  };
  if (payload.size() < 126) {
    frame += static_cast<char>(masked | payload.size());
  } else {
    const bool two = payload.size() <= 0xffff;
    frame += static_cast<char>(masked | (two ? 126U : 127U));
    put(payload.size(), two ? 2 : 8);
  }
  if (client_) frame.append(reinterpret_cast<const char*>(kMask.data()), kMask.size());
  const auto begin = frame.size();
  frame += payload;
  for (std::size_t i = 0; client_ && i < payload.size(); ++i) {
    frame[begin + i] = static_cast<char>(frame[begin + i] ^ kMask[i % kMask.size()]);
  }
  return send_bytes(frame);
}

bool RawWebSocket::close(std::uint16_t code) {
  const std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
  return send(kWsClose, payload);
}

bool RawWebSocket::read_more(Clock::time_point deadline) {
  pollfd polled{fd_, POLLIN, 0};
  if (::poll(&polled, 1, left_until(deadline)) <= 0) return false;
  std::array<char, 65536> bytes{};
  const auto count = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

void RawWebSocket::read_hello() {
  const auto deadline = Clock::now() + kPatience;
  while (buffer_.find("\r\n\r\n") == std::string::npos) {
    if (!read_more(deadline)) return;
  }
  const auto end = buffer_.find("\r\n\r\n") + 4;
  hello_ = buffer_.substr(0, end);
  buffer_.erase(0, end);
}

std::optional<WsFrame> RawWebSocket::next(milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  const auto need = [&](std::size_t size) {
    while (buffer_.size() < size) {
      if (!read_more(deadline)) return false;
    }
    return true;
  };
  const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(buffer_[at]); };
  if (!need(2)) return {};
  WsFrame frame{(byte(0) & 0x80U) != 0, byte(0) & 0x0f, (byte(1) & 0x80U) != 0, {}};
  std::uint64_t length = byte(1) & 0x7fU;
  std::size_t header = 2;
  if (length >= 126) {
    const std::size_t bytes = length == 126 ? 2 : 8;
    if (!need(header + bytes)) return {};
    length = 0;
    for (std::size_t i = 0; i < bytes; ++i) length = length << 8U | byte(header + i);
    header += bytes;
  }
  const std::size_t mask = header;
  if (frame.masked) header += kMask.size();
  if (!need(header + length)) return {};
  frame.payload = buffer_.substr(header, length);
  for (std::size_t i = 0; frame.masked && i < length; ++i) {
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ buffer_[mask + i % kMask.size()]);
  }
  buffer_.erase(0, header + length);
  return frame;
}

std::optional<WsFrame> RawWebSocket::next_data(milliseconds patience, bool answer) {
  const auto deadline = Clock::now() + patience;
  for (;;) {
    auto frame = next(milliseconds(left_until(deadline)));
    if (!frame || (frame->opcode != kWsPing && frame->opcode != kWsPong)) return frame;
    if (answer && frame->opcode == kWsPing) send(kWsPong, frame->payload);
  }
}

unsigned RawWebSocket::code_of(const std::optional<WsFrame>& frame) {
  if (!frame || frame->opcode != kWsClose || frame->payload.size() < 2) return 0;
  return static_cast<unsigned>(static_cast<unsigned char>(frame->payload[0])) << 8U |
         static_cast<unsigned char>(frame->payload[1]);
}

bool RawWebSocket::wait_for_end(milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (read_more(deadline)) buffer_.clear();
  return left_until(deadline) > 0;
}

WebSocketFeed::WebSocketFeed(const std::string& host)
    : host_(host), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto address = loopback(0);
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd_, plain, size) != 0 || ::listen(fd_, 64) != 0 ||
      ::getsockname(fd_, plain, &size) != 0) {
    throw std::runtime_error("cannot listen");
  }
  port_ = ntohs(address.sin_port);
}

WebSocketFeed::~WebSocketFeed() {
  ::close(fd_);
}

RawWebSocketPtr WebSocketFeed::accept_silently(milliseconds patience) {
  pollfd polled{fd_, POLLIN, 0};
  if (::poll(&polled, 1, static_cast<int>(patience.count())) <= 0) return nullptr;
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return nullptr;
  auto peer = std::make_unique<RawWebSocket>(fd, false);
  peer->read_hello();
  return peer;
}

RawWebSocketPtr WebSocketFeed::accept(milliseconds patience) {
  auto peer = accept_silently(patience);
  if (!peer) return peer;
  peer->send_bytes(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      websocket_accept(value_of(peer->hello(), "Sec-WebSocket-Key")) + "\r\n\r\n");
  return peer;
}

RawWebSocketPtr dial(std::uint16_t port, int receive_buffer) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const auto address = loopback(port);
  auto peer = std::make_unique<RawWebSocket>(fd, true);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return peer;
}

RawWebSocketPtr connect_websocket(std::uint16_t port, const std::string& path,
                                  const std::string& headers, int receive_buffer) {
  auto peer = dial(port, receive_buffer);
  if (!peer) return peer;
  peer->send_bytes("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                   "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: " +
                   kKey + "\r\n" + headers + "\r\n");
  peer->read_hello();
  return peer;
}

std::string websocket_accept(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 64> coded{};
  const int length = EVP_EncodeBlock(coded.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(coded.data()), static_cast<std::size_t>(length)};
}

}  // namespace millrace::test
