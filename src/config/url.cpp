#include "config/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "config/value.hpp"

namespace millrace {
namespace {

constexpr Duration kLongestInterval = std::chrono::hours(24);
constexpr std::size_t kLongestHost = 253;  // RFC 1035, 2.3.4, without the last dot
constexpr std::size_t kLongestTarget = 1024;

[[noreturn]] void refuse(const std::string& why) {
  throw std::invalid_argument(why);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::uint16_t parse_port(std::string_view text, unsigned least) {
  unsigned port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || rest != end || port < least || port > 65535) {
    refuse("the port must be a number from " + std::to_string(least) + " to 65535");
  }
  return static_cast<std::uint16_t>(port);
}

void check_name(std::string_view host) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  if (host.empty()) refuse("the host is missing");
  if (host.size() > kLongestHost || host.find_first_not_of(kAllowed) != std::string_view::npos) {
    refuse("the host must be a name, an IPv4 address, or an IPv6 address in brackets");
  }
}

struct Authority {
  std::string host;
  std::string_view port;
  bool has_port = false;
};

Authority split_authority(std::string_view text) {
  Authority authority;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    authority.host = text.substr(1, close == std::string_view::npos ? close : close - 1);
    in6_addr address{};
    if (close == std::string_view::npos ||
        inet_pton(AF_INET6, authority.host.c_str(), &address) != 1) {
      refuse("what is in brackets must be an IPv6 address");
    }
    rest = text.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') refuse("after the brackets comes :PORT or nothing");
  } else {
    const auto colon = text.find(':');
    if (colon != text.rfind(':')) refuse("an IPv6 address stands in brackets");
    authority.host = text.substr(0, colon);
    check_name(authority.host);
    if (colon != std::string_view::npos) rest = text.substr(colon);
  }
  authority.has_port = !rest.empty();
  if (authority.has_port) authority.port = rest.substr(1);
  return authority;
}

// Visible ASCII as a request line takes it (RFC 9112, 3.2); anything else is written in percents.
void check_target(std::string_view target) {
  const auto fits = [](char c) { return c > ' ' && c < '\x7f' && c != '#'; };
  if (target.size() > kLongestTarget || !std::all_of(target.begin(), target.end(), fits)) {
    refuse("the path must be at most " + std::to_string(kLongestTarget) +
           " visible ASCII characters, other ones as %XX, and there is no fragment");
  }
}

void parse_address(std::string_view rest, const SchemeInfo& scheme, Url& url) {
  const bool listens = is_listener(scheme.scheme);
  if (!rest.starts_with("//")) {
    refuse(listens ? "after the scheme comes //HOST:PORT" : "after the scheme comes //HOST[:PORT]");
  }
  rest.remove_prefix(2);
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view after = rest.substr(end);
  if (scheme.form == UrlForm::peer_with_target || scheme.form == UrlForm::listener_with_target) {
    check_target(after);
    // What servers of MQTT over WebSockets listen on by convention, and Paho asks for.
    const std::string_view usual = is_mqtt(scheme.scheme) ? "/mqtt" : "/";
    url.target = after.starts_with('/') ? after : std::string(usual).append(after);
  } else if (!after.empty() && after != "/") {
    refuse("this url ends after the port: it has no path, query or fragment");
  }
  const Authority authority = split_authority(rest.substr(0, end));
  if (listens && !authority.has_port) refuse("the port is missing");
  url.host = authority.host;
  url.port = authority.has_port ? parse_port(authority.port, listens ? 0 : 1) : scheme.port;
}

void parse_parameter(std::string_view parameter, GenerateQuery& query) {
  const auto equals = parameter.find('=');
  const std::string_view name = parameter.substr(0, equals);
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view{} : parameter.substr(equals + 1);
  if (name == "count") {
    std::uint64_t count = 0;
    const char* const end = value.data() + value.size();
    const auto [rest, error] = std::from_chars(value.data(), end, count);
    if (error != std::errc{} || rest != end || count == 0) {
      refuse("count must be a whole number from 1");
    }
    query.count = count;
  } else if (name == "interval") {
    const auto interval = parse_duration(value);
    if (!interval || *interval > kLongestInterval) {
      refuse("interval must be a duration from 0s to 24h, such as 200ms");
    }
    query.interval = *interval;
  } else {
    refuse("parameters of generate: are count and interval");
  }
}

GenerateQuery parse_generate(std::string_view rest) {
  GenerateQuery query;
  if (rest.empty()) return query;
  if (rest.front() != '?') refuse("after generate: comes ?count=N&interval=DURATION or nothing");
  bool seen_count = false;
  bool seen_interval = false;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto end = std::min(rest.find('&'), rest.size());
    const std::string_view parameter = rest.substr(0, end);
    bool& seen = parameter.starts_with("count") ? seen_count : seen_interval;
    parse_parameter(parameter, query);
    if (seen) refuse("count and interval may each be given once");
    seen = true;
    rest.remove_prefix(end);
  }
  return query;
}

void parse_rest(std::string_view rest, Url& url) {
  const SchemeInfo& scheme = info(url.scheme);
  switch (scheme.form) {
    case UrlForm::peer:
    case UrlForm::peer_with_target:
    case UrlForm::listener:
    case UrlForm::listener_with_target:
      parse_address(rest, scheme, url);
      return;
    case UrlForm::query:
      url.generate = parse_generate(rest);
      return;
    case UrlForm::nothing:
      if (!rest.empty()) refuse("nothing may come after the colon");
      return;
  }
}

}  // namespace

Url parse_url(std::string_view text, End end) {
  // First of all, so that nothing below can repeat a piece of it.
  if (text.find('@') != std::string_view::npos) {
    refuse("user and password have no place in a url; they are values of their own");
  }
  const auto colon = text.find(':');
  Url url;
  url.scheme = scheme_of(colon == std::string_view::npos ? "" : lower(text.substr(0, colon)), end);
  try {
    parse_rest(text.substr(colon + 1), url);
  } catch (const std::invalid_argument& error) {
    refuse(std::string(error.what()) + "; must be " + std::string(info(url.scheme).text));
  }
  return url;
}

std::string to_string(const Url& url) {
  const std::string scheme = std::string(info(url.scheme).name) + ":";
  if (url.host.empty()) return scheme;
  const bool brackets = url.host.find(':') != std::string::npos;
  return scheme + "//" + (brackets ? "[" + url.host + "]" : url.host) + ":" +
         std::to_string(url.port);
}

bool is_loopback(std::string_view host) noexcept {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

ListenAddress parse_listen(std::string_view text) {
  try {
    const Authority authority = split_authority(text);
    if (!authority.has_port) refuse("the port is missing");
    return {authority.host, parse_port(authority.port, 0)};
  } catch (const std::invalid_argument& error) {
    refuse(std::string(error.what()) + "; must be HOST:PORT, or empty");
  }
}

}  // namespace millrace
