#include "net/mqtt_socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

namespace millrace {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A busy server is silent for a while, and still has acknowledgements of ours to read.
constexpr milliseconds kSilence{2000};
constexpr milliseconds kPatience{5000};
constexpr int kMostDescriptors = 4096;

// True once the peer has closed, false after `patience` without a byte.
bool read_some(int descriptor, milliseconds patience) noexcept {
  std::array<char, 65536> discarded;
  pollfd waiting{descriptor, POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return true;
  const auto count = ::recv(descriptor, discarded.data(), discarded.size(), MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

struct Ports {
  std::uint16_t local = 0;
  std::uint16_t peer = 0;
};

std::uint16_t port_of(const sockaddr_storage& address) noexcept {
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return 0;
}

std::optional<Ports> ports_of(int descriptor) noexcept {
  sockaddr_storage peer{};
  sockaddr_storage local{};
  socklen_t size = sizeof peer;
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
  size = sizeof local;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&local), &size) != 0) return {};
  return Ports{port_of(local), port_of(peer)};
}

// A listener's own end of a connection to itself has that port on both sides: it is not meant.
template <typename Visitor>
void for_each_connection_to(std::uint16_t peer_port, Visitor visit) noexcept {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, kMostDescriptors));
  for (int descriptor = 0; descriptor < end; ++descriptor) {
    const auto ports = ports_of(descriptor);
    if (ports && ports->peer == peer_port && ports->local != peer_port) {
      visit(descriptor, ports->local);
    }
  }
}

}  // namespace

MqttSocket::MqttSocket(int descriptor) : descriptor_(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) {
  const int on = 1;
  if (held()) ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

MqttSocket::~MqttSocket() {
  close();
}

MqttSocket::MqttSocket(MqttSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

MqttSocket& MqttSocket::operator=(MqttSocket&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

void MqttSocket::shut_sending() const noexcept {
  if (held()) ::shutdown(descriptor_, SHUT_WR);
}

void MqttSocket::finish() noexcept {
  if (!held()) return;
  ::shutdown(descriptor_, SHUT_WR);
  const auto deadline = Clock::now() + kPatience;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 || read_some(descriptor_, std::min(left, kSilence))) break;
  }
  close();
}

void MqttSocket::close() noexcept {
  if (held()) ::close(std::exchange(descriptor_, -1));
}

void shut_sending_to(std::uint16_t peer_port) noexcept {
  for_each_connection_to(peer_port,
                         [](int descriptor, std::uint16_t) { ::shutdown(descriptor, SHUT_WR); });
}

int find_only_socket(std::uint16_t peer_port) noexcept {
  int found = -1;
  std::uint16_t found_local = 0;
  bool ambiguous = false;
  for_each_connection_to(peer_port, [&](int descriptor, std::uint16_t local) {
    // A duplicate has the same local port.
    ambiguous = ambiguous || (found >= 0 && local != found_local);
    found = descriptor;
    found_local = local;
  });
  return ambiguous ? -1 : found;
}

}  // namespace millrace
