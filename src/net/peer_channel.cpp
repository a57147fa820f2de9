#include "net/peer_channel.hpp"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "net/tls_files.hpp"

namespace millrace {
namespace {

std::string error_text(int code) {
  return std::generic_category().message(code);
}

std::string numeric(const addrinfo& address) {
  char text[NI_MAXHOST];
  const int result = ::getnameinfo(address.ai_addr, address.ai_addrlen, text, sizeof text, nullptr,
                                   0, NI_NUMERICHOST);
  return result == 0 ? text : "?";
}

std::string with_port(const std::string& address, std::uint16_t port) {
  const bool brackets = address.find(':') != std::string::npos;
  return (brackets ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

// Half the time to live that a connection needs to answer: of connect, reads and writes alike.
void limit_waiting(int fd, std::chrono::seconds patience) {
  timeval time{};
  time.tv_sec = patience.count();
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

std::string common_name(const X509_NAME* name) {
  char text[256];
  const int size =
      X509_NAME_get_text_by_NID(const_cast<X509_NAME*>(name), NID_commonName, text, sizeof text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "(no name)";
}

std::string end_of_validity(const X509* certificate) {
  tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return "?";
  char text[16];
  return std::strftime(text, sizeof text, "%Y-%m-%d", &time) > 0 ? text : "?";
}

bool is_address(const std::string& host) {
  ASN1_OCTET_STRING* const address = a2i_IPADDRESS(host.c_str());
  ASN1_OCTET_STRING_free(address);
  return address != nullptr;
}

}  // namespace

PeerChannel::PeerChannel(std::string host, std::uint16_t port, const TlsConfig* tls,
                         const std::string& where, std::chrono::seconds patience)
    : host_(std::move(host)), port_(port), patience_(patience) {
  if (tls == nullptr) return;
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (!context_) throw std::runtime_error(where + ".tls: no context can be made");
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  load_tls_files(context_.get(), *tls, where);
  if (tls->ca.empty()) SSL_CTX_set_default_verify_paths(context_.get());
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
}

std::vector<ConnectStep> PeerChannel::open() {
  std::vector<ConnectStep> steps{resolve()};
  if (steps.back().ok) steps.push_back(connect());
  if (steps.back().ok && context_) steps.push_back(shake_hands());
  return steps;
}

ConnectStep PeerChannel::resolve() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(port_);
  const int result = ::getaddrinfo(host_.c_str(), port.c_str(), &hints, &found);
  if (result != 0) return {"DNS", false, host_ + ": " + ::gai_strerror(result)};
  std::string names;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const auto* bytes = reinterpret_cast<const char*>(each->ai_addr);
    addresses_.push_back({numeric(*each), {bytes, each->ai_addrlen}, each->ai_family});
    names += (names.empty() ? "" : ", ") + addresses_.back().text;
  }
  ::freeaddrinfo(found);
  return {"DNS", true, host_ == names ? names : host_ + " is " + names};
}

ConnectStep PeerChannel::connect() {
  std::string refusals;
  for (const Address& address : addresses_) {
    OwnedFd socket(::socket(address.family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) continue;
    limit_waiting(socket.get(), patience_);
    const auto began = std::chrono::steady_clock::now();
    const auto* where = reinterpret_cast<const sockaddr*>(address.bytes.data());
    if (::connect(socket.get(), where, static_cast<socklen_t>(address.bytes.size())) == 0) {
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::steady_clock::now() - began);
      socket_ = std::move(socket);
      return {"TCP", true,
              "connected to " + with_port(address.text, port_) + " in " +
                  std::to_string(took.count()) + " ms"};
    }
    const int error = errno == EINPROGRESS ? ETIMEDOUT : errno;  // as SO_SNDTIMEO has it
    refusals +=
        (refusals.empty() ? "" : ", ") + with_port(address.text, port_) + ": " + error_text(error);
  }
  return {"TCP", false, refusals.empty() ? "no address can be used" : refusals};
}

ConnectStep PeerChannel::shake_hands() {
  ssl_.reset(SSL_new(context_.get()));
  const bool address = is_address(host_);
  if (address) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host_.c_str());
  } else {
    SSL_set1_host(ssl_.get(), host_.c_str());
    SSL_set_tlsext_host_name(ssl_.get(), host_.c_str());
  }
  SSL_set_fd(ssl_.get(), socket_.get());
  ERR_clear_error();
  if (SSL_connect(ssl_.get()) != 1) {
    const long verified = SSL_get_verify_result(ssl_.get());
    if (verified != X509_V_OK) {
      return {"TLS", false,
              std::string("the certificate is not accepted: ") +
                  X509_verify_cert_error_string(verified)};
    }
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    return {"TLS", false,
            reason != nullptr ? reason : "the peer does not answer as a TLS server does"};
  }
  std::string detail = SSL_get_version(ssl_.get());
  if (const X509* const certificate = SSL_get0_peer_certificate(ssl_.get())) {
    detail += ", certificate of " + common_name(X509_get_subject_name(certificate)) + " by " +
              common_name(X509_get_issuer_name(certificate)) + ", valid until " +
              end_of_validity(certificate);
  }
  return {"TLS", true, detail};
}

bool PeerChannel::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = ssl_ ? static_cast<ssize_t>(SSL_write(ssl_.get(), bytes.data(),
                                                            static_cast<int>(bytes.size())))
                           : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

std::string PeerChannel::receive(std::size_t most) {
  std::string bytes(most, '\0');
  const auto size =
      ssl_ ? static_cast<ssize_t>(SSL_read(ssl_.get(), bytes.data(), static_cast<int>(most)))
           : ::recv(socket_.get(), bytes.data(), most, 0);
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return bytes;
}

}  // namespace millrace
