// Certificates, made anew for a test.
#pragma once

#include <string>

#include "support/temp_folder.hpp"

namespace millrace::test {

/// A certificate and its key: paths of PEM files.
struct Identity {
  std::string cert;
  std::string key;
};

/// A certificate authority of its own.
///
/// Errors: throws `std::runtime_error` where the program `openssl` fails.
class Certificates {
 public:
  Certificates();

  [[nodiscard]] const std::string& ca() const noexcept { return ca_; }

  /// A server's; `names`: its subjectAltName, such as `DNS:localhost,IP:127.0.0.1`.
  [[nodiscard]] Identity server(const std::string& names) const;

  /// A client's; a passphrase that is not empty locks the key.
  [[nodiscard]] Identity client(const std::string& name, const std::string& passphrase = {}) const;

 private:
  [[nodiscard]] Identity issue(const std::string& file, const std::string& name,
                               const std::string& extension, const std::string& passphrase) const;

  TempFolder folder_;
  std::string ca_;
  std::string ca_key_;
};

}  // namespace millrace::test
