#include "config/scheme.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace millrace {
namespace {

constexpr unsigned kSource = 1;
constexpr unsigned kSink = 2;
constexpr std::size_t kShownScheme = 16;

// In the order in which people are told of them.
constexpr std::array<SchemeInfo, 11> kSchemes{{
    {"mqtt", Scheme::mqtt, kSource | kSink, UrlForm::peer, 1883, "mqtt://HOST[:PORT]"},
    {"mqtts", Scheme::mqtts, kSource | kSink, UrlForm::peer, 8883, "mqtts://HOST[:PORT]"},
    {"mqtt+ws", Scheme::mqtt_ws, kSource | kSink, UrlForm::peer_with_target, 80,
     "mqtt+ws://HOST[:PORT][/PATH]"},
    {"mqtt+wss", Scheme::mqtt_wss, kSource | kSink, UrlForm::peer_with_target, 443,
     "mqtt+wss://HOST[:PORT][/PATH]"},
    {"ws", Scheme::ws, kSource | kSink, UrlForm::peer_with_target, 80, "ws://HOST[:PORT][/PATH]"},
    {"wss", Scheme::wss, kSource | kSink, UrlForm::peer_with_target, 443,
     "wss://HOST[:PORT][/PATH]"},
    {"tcp-listen", Scheme::tcp_listen, kSource, UrlForm::listener, 0, "tcp-listen://HOST:PORT"},
    {"ws-listen", Scheme::ws_listen, kSink, UrlForm::listener_with_target, 0,
     "ws-listen://HOST:PORT[/PATH]"},
    {"stdin", Scheme::standard_input, kSource, UrlForm::nothing, 0, "stdin:"},
    {"generate", Scheme::generate, kSource, UrlForm::query, 0,
     "generate:[?count=N&interval=DURATION]"},
    {"stdout", Scheme::standard_output, kSink, UrlForm::nothing, 0, "stdout:"},
}};

bool has_end(const SchemeInfo& each, End end) {
  return (each.ends & (end == End::source ? kSource : kSink)) != 0;
}

std::string allowed_urls(End end) {
  std::array<std::string_view, kSchemes.size()> forms;
  std::size_t count = 0;
  for (const SchemeInfo& each : kSchemes) {
    if (has_end(each, end)) forms.at(count++) = each.text;
  }
  std::string list;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) list += i + 1 == count ? " or " : ", ";
    list += forms.at(i);
  }
  return list;
}

[[noreturn]] void refuse_scheme(const std::string& why) {
  throw std::invalid_argument(why);
}

}  // namespace

const SchemeInfo& info(Scheme scheme) noexcept {
  return *std::find_if(kSchemes.begin(), kSchemes.end(),
                       [scheme](const SchemeInfo& each) { return each.scheme == scheme; });
}

Scheme scheme_of(std::string_view name, End end) {
  const std::string allowed = "must be " + allowed_urls(end);
  if (name.empty() || name.size() > kShownScheme) refuse_scheme(allowed);
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") != std::string_view::npos) {
    refuse_scheme(allowed);
  }
  const auto* const found =
      std::find_if(kSchemes.begin(), kSchemes.end(),
                   [name](const SchemeInfo& each) { return each.name == name; });
  const std::string shown(name);
  if (found == kSchemes.end()) refuse_scheme("scheme " + shown + " is unknown; " + allowed);
  if (has_end(*found, end)) return found->scheme;
  refuse_scheme(shown + ": is no " + (end == End::source ? "source" : "sink") + "; " + allowed);
}

bool is_mqtt(Scheme scheme) noexcept {
  return scheme == Scheme::mqtt || scheme == Scheme::mqtts || scheme == Scheme::mqtt_ws ||
         scheme == Scheme::mqtt_wss;
}

bool is_websocket(Scheme scheme) noexcept {
  return info(scheme).form == UrlForm::peer_with_target;
}

bool is_tls_client(Scheme scheme) noexcept {
  return scheme == Scheme::mqtts || scheme == Scheme::mqtt_wss || scheme == Scheme::wss;
}

bool is_listener(Scheme scheme) noexcept {
  return scheme == Scheme::tcp_listen || scheme == Scheme::ws_listen;
}

bool is_byte_stream(Scheme scheme) noexcept {
  return scheme == Scheme::standard_input || scheme == Scheme::tcp_listen;
}

}  // namespace millrace
