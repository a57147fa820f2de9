// Checks of the PEM files that TLS is configured with.
#pragma once

#include <openssl/ssl.h>

#include <string>

#include "millrace/config.hpp"

namespace millrace {

/// Loads every file that is named, as a connection will: so that one that is missing, no PEM,
/// locked by another passphrase or of another pair stops the program at its start, not at its first
/// attempt to connect.
///
/// Errors: throws `std::runtime_error`, one line that names the key (`<where>.tls.ca` …) and file.
void check_tls_files(const TlsConfig& tls, const std::string& where);

/// The same, into a context that is going to be used.
void load_tls_files(SSL_CTX* context, const TlsConfig& tls, const std::string& where);

}  // namespace millrace
