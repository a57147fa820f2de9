#include "config/validation_websocket.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "config/error.hpp"
#include "config/settings.hpp"
#include "config/url.hpp"

namespace millrace {
namespace {

constexpr std::size_t kLongestHeader = 4096;  // servers refuse requests of more than about 8 KiB

// Made by the client itself (RFC 6455, 4.1), or about a body that an upgrade has not.
constexpr std::array<std::string_view, 5> kReserved{"host", "connection", "upgrade",
                                                    "content-length", "transfer-encoding"};
constexpr std::string_view kReservedPrefix = "sec-websocket-";

std::string lower_name(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

// RFC 9110, 5.6.2.
bool is_header_name(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [kMarks](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

// RFC 9110, 5.5: a line break would begin another header.
bool is_header_value(std::string_view value) {
  return value.size() <= kLongestHeader && std::none_of(value.begin(), value.end(), [](char c) {
           return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f';
         });
}

bool is_token(std::string_view token) {
  return token.size() <= kLongestHeader &&
         std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

void check_headers(const std::string& end, const EndpointConfig& endpoint,
                   const Settings& settings) {
  const std::string path = end + ".headers";
  for (const auto& [name, value] : endpoint.headers) {
    const std::string key = lower_name(name);
    if (!is_header_name(name)) {
      throw settings.error(path, show_text(name) + " can be no header's name");
    }
    if (std::find(kReserved.begin(), kReserved.end(), key) != kReserved.end() ||
        key.starts_with(kReservedPrefix)) {
      throw settings.error(path, name + " is said by WebSocket itself and must be left out");
    }
    if (key == "authorization" && !endpoint.token.empty()) {
      throw settings.error(path, name + " must be left out, since " + end + ".token is given");
    }
    if (!is_header_value(value)) {
      throw settings.error(path, "the value of " + name + " must be at most " +
                                     std::to_string(kLongestHeader) +
                                     " bytes on one line, without control characters");
    }
    const auto same =
        std::count_if(endpoint.headers.begin(), endpoint.headers.end(),
                      [&](const auto& each) { return lower_name(each.first) == key; });
    if (same > 1) throw settings.error(path, name + " is given twice, in other letters");
  }
}

void check_token(const std::string& end, const EndpointConfig& endpoint, const Settings& settings) {
  if (is_token(endpoint.token)) return;
  throw settings.error(end + ".token", "must be " + settings.at(end + ".token").key->allowed);
}

// RFC 6454, 6.2: what a browser sends has neither a path nor capitals.
bool is_origin(std::string_view origin) {
  if (origin == "*") return true;
  const auto slashes = origin.find("://");
  return slashes != std::string_view::npos && slashes > 0 && origin.size() > slashes + 3 &&
         origin.find_first_of("/?#@", slashes + 3) == std::string_view::npos && is_token(origin);
}

// Other than MQTT in one, whose library makes the request.
bool takes_headers(Scheme scheme) {
  return scheme == Scheme::ws || scheme == Scheme::wss;
}

void warn_of_end(const std::string& end, const EndpointConfig& endpoint, const Url& url, bool asked,
                 std::vector<std::string>& lines) {
  const auto unused = [&](const std::string& key, const std::string& needed) {
    lines.push_back(end + "." + key + ": has no effect, " + end + ".url is not " + needed);
  };
  if (!endpoint.headers.empty() && !takes_headers(url.scheme)) unused("headers", "ws:// or wss://");
  if (!endpoint.token.empty() && !takes_headers(url.scheme) && !asked) {
    unused("token", end == "sink" ? "ws://, wss:// or ws-listen://" : "ws:// or wss://");
  }
  const bool secret = !endpoint.token.empty() || !endpoint.headers.empty();
  if (secret && url.scheme == Scheme::ws && !is_loopback(url.host)) {
    lines.push_back(end + ".token and " + end + ".headers travel in clear text to " + url.host +
                    "; wss:// encrypts them");
  }
}

}  // namespace

void validate_websocket(const Config& config, const Settings& settings) {
  check_token("source", config.source, settings);
  check_token("sink", config.sink, settings);
  check_headers("source", config.source, settings);
  check_headers("sink", config.sink, settings);
  for (const std::string& origin : config.sink.origins) {
    if (is_origin(origin)) continue;
    throw settings.error("sink.origins", "must be " + settings.at("sink.origins").key->allowed);
  }
}

void warn_of_websocket(const Config& config, std::vector<std::string>& lines) {
  const Url source = parse_url(config.source.url, End::source);
  const Url sink = parse_url(config.sink.url, End::sink);
  const bool listens = sink.scheme == Scheme::ws_listen;
  warn_of_end("source", config.source, source, false, lines);
  warn_of_end("sink", config.sink, sink, listens, lines);
  if (!config.source.subscribe.empty() && !takes_headers(source.scheme)) {
    lines.emplace_back("source.subscribe: has no effect, source.url is not ws:// or wss://");
  }
  if (listens) {
    if (!config.sink.token.empty() && config.sink.tls.cert.empty() && !is_loopback(sink.host)) {
      lines.emplace_back(
          "sink.token: travels in clear text; sink.tls.cert and sink.tls.key encrypt it");
    }
    return;
  }
  const SinkConfig initial;
  const auto unused = [&lines](const std::string& key) {
    lines.push_back("sink." + key + ": has no effect, sink.url is not ws-listen://");
  };
  if (config.sink.hold) unused("hold");
  if (config.sink.max_clients != initial.max_clients) unused("max_clients");
  if (config.sink.client_queue != initial.client_queue) unused("client_queue");
  if (config.sink.client_queue_bytes != initial.client_queue_bytes) unused("client_queue_bytes");
  if (!config.sink.origins.empty()) unused("origins");
}

}  // namespace millrace
