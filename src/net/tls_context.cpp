#include "net/tls_context.hpp"

#include <boost/asio/ssl/verify_mode.hpp>

#include "net/tls_files.hpp"
#include "net/tls_server.hpp"

namespace millrace {

namespace ssl = boost::asio::ssl;

TlsContextPtr client_tls_context(const TlsConfig& tls, const std::string& where) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                       ssl::context::no_tlsv1_1 | ssl::context::no_compression);
  load_tls_files(context->native_handle(), tls, where);
  if (tls.ca.empty()) context->set_default_verify_paths();
  context->set_verify_mode(ssl::verify_peer);
  return context;
}

TlsContextPtr server_tls_context(const TlsConfig& tls, const std::string& where) {
  return std::make_shared<ssl::context>(make_tls_server(tls, where).release());
}

}  // namespace millrace
