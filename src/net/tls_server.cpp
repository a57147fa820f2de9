#include "net/tls_server.hpp"

#include <array>
#include <stdexcept>

#include "net/tls_files.hpp"

namespace millrace {
namespace {

// Sessions are resumed only by clients whose certificates this kind of server has verified; without
// a name for it OpenSSL refuses to resume any (SSL_CTX_set_session_id_context(3)).
constexpr std::array<unsigned char, 8> kSessionContext{'m', 'i', 'l', 'l', 'r', 'a', 'c', 'e'};

}  // namespace

TlsContext make_tls_server(const TlsConfig& tls, const std::string& where) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw std::runtime_error("TLS cannot be set up: OpenSSL has no memory");
  load_tls_files(context.get(), tls, where);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // Frames say themselves whether they are whole, so an end without close_notify, as many clients
  // make it, tears nothing unnoticed.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_id_context(context.get(), kSessionContext.data(), kSessionContext.size());
  if (!tls.ca.empty()) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_client_CA_list(context.get(), SSL_load_client_CA_file(tls.ca.c_str()));
  }
  return context;
}

}  // namespace millrace
