// TLS contexts as Asio has them.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "millrace/config.hpp"

namespace millrace {

using TlsContextPtr = std::shared_ptr<boost::asio::ssl::context>;

/// For a connection to a server: the chain is verified against `ca` or the system's certificates,
/// the host's name is the connection's own business. TLS 1.2 or later.
///
/// `where` begins the names of its keys: "source" or "sink". Errors: as `check_tls_files`.
[[nodiscard]] TlsContextPtr client_tls_context(const TlsConfig& tls, const std::string& where);

/// For connections from clients: as `make_tls_server`.
[[nodiscard]] TlsContextPtr server_tls_context(const TlsConfig& tls, const std::string& where);

}  // namespace millrace
