#include "support/certificates.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

#include "support/child_process.hpp"

namespace millrace::test {
namespace {

void openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  if (run_command(arguments) != 0) throw std::runtime_error("openssl " + arguments[1] + " failed");
}

}  // namespace

Certificates::Certificates()
    : ca_((folder_.path() / "ca.pem").string()), ca_key_((folder_.path() / "ca.key").string()) {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
           "-days", "2", "-subj", "/CN=millrace test authority", "-keyout", ca_key_, "-out", ca_});
}

Identity Certificates::server(const std::string& names) const {
  return issue("server", "a test server", "subjectAltName=" + names, {});
}

Identity Certificates::client(const std::string& name, const std::string& passphrase) const {
  return issue("client-" + name, name, "extendedKeyUsage=clientAuth", passphrase);
}

Identity Certificates::issue(const std::string& file, const std::string& name,
                             const std::string& extension, const std::string& passphrase) const {
  const auto base = (folder_.path() / file).string();
  const Identity identity{base + ".pem", base + ".key"};
  const auto extensions = folder_.write(file + ".ext", extension + '\n');
  std::vector<std::string> request{
      "req",        "-newkey",     "ec",      "-pkeyopt",   "ec_paramgen_curve:prime256v1",
      "-subj",      "/CN=" + name, "-keyout", identity.key, "-out",
      base + ".csr"};
  if (passphrase.empty()) {
    request.emplace_back("-nodes");
  } else {
    request.insert(request.end(), {"-passout", "pass:" + passphrase});
  }
  openssl(std::move(request));
  openssl({"x509", "-req", "-days", "2", "-in", base + ".csr", "-CA", ca_, "-CAkey", ca_key_,
           "-CAcreateserial", "-extfile", extensions, "-out", identity.cert});
  return identity;
}

}  // namespace millrace::test
