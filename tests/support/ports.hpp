// Ports on 127.0.0.1.
#pragma once

#include <netinet/in.h>

#include <cstdint>

namespace millrace::test {

/// 127.0.0.1 with this port.
[[nodiscard]] sockaddr_in loopback(std::uint16_t port);

/// A port that nothing listens on, from the kernel. It may be taken by another before it is used.
[[nodiscard]] std::uint16_t free_port();

/// Whether something accepts connections there.
[[nodiscard]] bool accepts(std::uint16_t port);

}  // namespace millrace::test
