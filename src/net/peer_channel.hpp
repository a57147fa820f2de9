// PeerChannel: a connection step by step, to say how far it comes.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exec/owned_fd.hpp"
#include "millrace/config.hpp"

namespace millrace {

/// One thing that was tried, and what came back.
struct ConnectStep {
  std::string name;  ///< `DNS`, `TCP`, `TLS`, `CONNACK` …
  bool ok = true;
  std::string detail;  ///< in half a line
};

/// A TCP connection with or without TLS, for a diagnosis: one thread, every call waits.
///
/// Errors: values; nothing is thrown but by the constructor's TLS files (`load_tls_files`).
class PeerChannel {
 public:
  /// `tls`: where there is to be TLS; the chain and the host's name are verified. `patience`: of
  /// each step.
  PeerChannel(std::string host, std::uint16_t port, const TlsConfig* tls, const std::string& where,
              std::chrono::seconds patience);

  /// Resolves the name, connects to the first address that answers, shakes hands: as far as that
  /// goes. The last step is the one that failed, if any did.
  [[nodiscard]] std::vector<ConnectStep> open();

  /// Sends all of it. False where that is not possible.
  [[nodiscard]] bool send(std::string_view bytes);

  /// At least one byte, at most `most`; nothing where none came in time or the peer has closed.
  [[nodiscard]] std::string receive(std::size_t most);

 private:
  struct FreeContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  [[nodiscard]] ConnectStep resolve();
  [[nodiscard]] ConnectStep connect();
  [[nodiscard]] ConnectStep shake_hands();

  struct Address {
    std::string text;
    std::string bytes;  // a sockaddr
    int family = 0;
  };

  const std::string host_;
  const std::uint16_t port_;
  const std::chrono::seconds patience_;
  std::vector<Address> addresses_;
  OwnedFd socket_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace millrace
