#include "net/tls_files.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace millrace {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

[[noreturn]] void refuse(const std::string& key, const std::string& file, const std::string& why) {
  ERR_clear_error();
  throw std::runtime_error(key + " = \"" + file + "\": " + why);
}

void need_readable(const std::string& key, const std::string& file) {
  std::ifstream stream(file);
  if (!stream || stream.peek() == std::ifstream::traits_type::eof()) {
    refuse(key, file, "no such file, or it cannot be read");
  }
}

// OpenSSL asks on the terminal where it is given no callback.
int give_passphrase(char* buffer, int size, int /*writing*/, void* user) {
  const auto& passphrase = *static_cast<const std::string*>(user);
  if (passphrase.size() > static_cast<std::size_t>(size)) return 0;
  std::copy(passphrase.begin(), passphrase.end(), buffer);  // its length says where it ends
  return static_cast<int>(passphrase.size());
}

void check_pair(SSL_CTX* context, const TlsConfig& tls, const std::string& where) {
  const std::string cert_key = where + ".tls.cert";
  const std::string key_key = where + ".tls.key";
  if (tls.cert.empty()) refuse(key_key, tls.key, "a key needs " + cert_key + " as well");
  if (tls.key.empty()) refuse(cert_key, tls.cert, "a certificate needs " + key_key + " as well");
  need_readable(cert_key, tls.cert);
  need_readable(key_key, tls.key);
  if (SSL_CTX_use_certificate_chain_file(context, tls.cert.c_str()) != 1) {
    refuse(cert_key, tls.cert, "no certificate in PEM");
  }
  auto passphrase = tls.key_passphrase;
  SSL_CTX_set_default_passwd_cb(context, give_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &passphrase);
  if (SSL_CTX_use_PrivateKey_file(context, tls.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    refuse(key_key, tls.key,
           "no private key in PEM that " + where +
               ".tls.key_passphrase opens and that belongs to " + cert_key);
  }
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  SSL_CTX_set_default_passwd_cb(context, nullptr);
}

}  // namespace

void check_tls_files(const TlsConfig& tls, const std::string& where) {
  const Context context(SSL_CTX_new(TLS_client_method()));
  if (!context) throw std::runtime_error("TLS cannot be set up: OpenSSL has no memory");
  load_tls_files(context.get(), tls, where);
}

void load_tls_files(SSL_CTX* context, const TlsConfig& tls, const std::string& where) {
  if (!tls.ca.empty()) {
    need_readable(where + ".tls.ca", tls.ca);
    if (SSL_CTX_load_verify_locations(context, tls.ca.c_str(), nullptr) != 1) {
      refuse(where + ".tls.ca", tls.ca, "no certificate in PEM");
    }
  }
  if (!tls.cert.empty() || !tls.key.empty()) check_pair(context, tls, where);
}

}  // namespace millrace
