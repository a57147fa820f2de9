// Ports on 127.0.0.1, and sockets there.
#pragma once

#include <netinet/in.h>

#include <cstdint>

namespace millrace::test {

/// 127.0.0.1 with this port.
[[nodiscard]] sockaddr_in loopback(std::uint16_t port);

/// A socket that listens on a port of the kernel's choice; it does not block.
struct Listener {
  int descriptor;
  std::uint16_t port;
};
/// Errors: throws `std::runtime_error`. Lifetime: the caller closes it.
[[nodiscard]] Listener listen_anywhere();

/// Sends at once what is written, and never blocks.
void make_quick(int socket);

/// Closing it resets the connection then, whatever is unread or unsent.
void reset_on_close(int socket);

/// A port that nothing listens on, from the kernel. It may be taken by another before it is used.
[[nodiscard]] std::uint16_t free_port();

/// Whether something accepts connections there.
[[nodiscard]] bool accepts(std::uint16_t port);

}  // namespace millrace::test
