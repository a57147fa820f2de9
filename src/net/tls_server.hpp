// The server's side of TLS.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "millrace/config.hpp"

namespace millrace {

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

/// What a server with this certificate offers: TLS 1.2 or later. Where `tls.ca` is given, a client
/// without a certificate signed by one of those is refused.
///
/// `where` begins the names of its keys: "source".
/// Errors: as `check_tls_files`.
[[nodiscard]] TlsContext make_tls_server(const TlsConfig& tls, const std::string& where);

}  // namespace millrace
