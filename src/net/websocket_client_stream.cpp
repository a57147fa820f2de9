#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>
#include <type_traits>

#include "net/beast_websocket.hpp"
#include "net/http_address.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;

// What the upgrade request says, beside what RFC 6455 makes it say.
void add_headers(websocket::request_type& request, const WebSocketTarget& target) {
  request.set(http::field::user_agent, "millrace");
  for (const auto& [name, value] : target.headers) request.set(name, value);
}

template <typename Layer>
class ClientStream final : public BeastWebSocket<Layer, WebSocketClientStream> {
 public:
  using Base = BeastWebSocket<Layer, WebSocketClientStream>;
  using typename Base::Error;
  template <typename Value>
  using Awaitable = typename Base::template Awaitable<Value>;
  static constexpr bool kTls = std::is_same_v<Layer, TlsLayer>;

  template <typename... Args>
  ClientStream(const asio::any_io_executor& executor, const WebSocketTarget& target,
               const WebSocketLimits& limits, TlsContextPtr tls, Args&&... layer)
      : Base(limits, std::forward<Args>(layer)...),
        target_(target),
        tls_(std::move(tls)),
        resolver_(executor) {}

  Awaitable<std::string> open() override {
    this->arm(this->limits_.handshake);
    std::string problem = co_await try_to_open();
    this->disarm();
    if (!problem.empty() && this->overdue()) {
      problem = "no answer within " + std::to_string(this->limits_.handshake.count()) + " ms";
    }
    co_return problem;
  }

  void abort() override {
    aborted_ = true;
    resolver_.cancel();
    Base::abort();
  }

 private:
  Awaitable<std::string> try_to_open() {
    const auto [unresolved, found] =
        co_await resolver_.async_resolve(target_.host, std::to_string(target_.port), kErrorOrValue);
    if (unresolved) co_return unresolved.message();
    if (aborted_) co_return "stopped";
    const auto [refused, peer] = co_await asio::async_connect(this->lowest(), found, kErrorOrValue);
    if (refused) co_return refused.message();
    Error ignored;
    this->lowest().set_option(tcp::no_delay(true), ignored);
    if constexpr (kTls) {
      std::string untrusted = co_await secure();
      if (!untrusted.empty()) co_return untrusted;
    }
    co_return co_await upgrade();
  }

  // Server name indication, and the name in the certificate, are not OpenSSL's own business.
  Awaitable<std::string> secure() {
    auto& layer = this->socket_.next_layer();
    Error no_address;
    static_cast<void>(asio::ip::make_address(target_.host, no_address));
    if (no_address) SSL_set_tlsext_host_name(layer.native_handle(), target_.host.c_str());
    layer.set_verify_mode(asio::ssl::verify_peer);
    layer.set_verify_callback(asio::ssl::host_name_verification(target_.host));
    const auto [error] =
        co_await layer.async_handshake(asio::ssl::stream_base::client, kErrorOrValue);
    if (!error) co_return "";
    const long verified = SSL_get_verify_result(layer.native_handle());
    if (error.category() != asio::error::get_ssl_category()) co_return "TLS: " + error.message();
    if (verified != X509_V_OK) {
      co_return std::string("TLS: ") + X509_verify_cert_error_string(verified);
    }
    co_return "TLS: " + error.message();
  }

  Awaitable<std::string> upgrade() {
    this->socket_.set_option(websocket::stream_base::decorator(
        [this](websocket::request_type& request) { add_headers(request, target_); }));
    websocket::response_type response;
    const auto [error] = co_await this->socket_.async_handshake(response, host_header(),
                                                                target_.path, kErrorOrValue);
    if (!error) co_return "";
    if (error == websocket::error::upgrade_declined) {
      co_return "the server answers " + std::to_string(response.result_int()) + " " +
          std::string(http::obsolete_reason(response.result()));
    }
    co_return this->explain(error);
  }

  // RFC 9110, 7.2: without the scheme's default port.
  [[nodiscard]] std::string host_header() const {
    std::string host = to_string(ListenAddress{target_.host, target_.port});
    const std::string usual = kTls ? ":443" : ":80";
    if (host.ends_with(usual)) host.resize(host.size() - usual.size());
    return host;
  }

  const WebSocketTarget target_;
  const TlsContextPtr tls_;
  tcp::resolver resolver_;
  bool aborted_ = false;
};

}  // namespace

std::string close_text(const websocket::close_reason& reason) {
  std::string text = "the peer has closed it";
  if (reason.code == websocket::close_code::none) return text;
  text += " with " + std::to_string(reason.code);
  if (reason.reason.empty()) return text;
  std::string said(reason.reason.data(), reason.reason.size());
  std::replace_if(
      said.begin(), said.end(), [](char c) { return (c >= 0 && c < ' ') || c == 127; }, ' ');
  return text + ": " + said;
}

std::shared_ptr<WebSocketClientStream> make_websocket_client(const asio::any_io_executor& executor,
                                                             const WebSocketTarget& target,
                                                             const WebSocketLimits& limits) {
  if (!target.tls) {
    return std::make_shared<ClientStream<PlainLayer>>(executor, target, limits, nullptr, executor);
  }
  auto tls = client_tls_context(target.files, target.where);
  auto& context = *tls;
  return std::make_shared<ClientStream<TlsLayer>>(executor, target, limits, std::move(tls),
                                                  executor, context);
}

}  // namespace millrace
