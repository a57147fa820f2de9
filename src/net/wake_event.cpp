#include "net/wake_event.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace millrace {

WakeEvent::WakeEvent() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

WakeEvent::~WakeEvent() {
  ::close(fd_);
}

void WakeEvent::raise() noexcept {
  const std::uint64_t one = 1;
  // It fails only where the count is full, and then it is raised.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void WakeEvent::clear() noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(fd_, &count, sizeof count);
}

bool wait_ready(int fd, short events, const WakeEvent& wake, int timeout_ms) noexcept {
  std::array<pollfd, 2> polled{{{fd, events, 0}, {wake.fd(), POLLIN, 0}}};
  while (::poll(polled.data(), polled.size(), timeout_ms) < 0) {
    if (errno != EINTR) return false;
  }
  return polled[1].revents == 0 && polled[0].revents != 0;
}

}  // namespace millrace
