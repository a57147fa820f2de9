#include "config/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

#include "config/value.hpp"

namespace millrace {
namespace {

constexpr unsigned kSource = 1;
constexpr unsigned kSink = 2;

struct Known {
  std::string_view name;
  Scheme scheme;
  unsigned ends;
  std::string_view form;
};

// What this version has.
constexpr std::array<Known, 5> kKnown{{
    {"mqtt", Scheme::mqtt, kSource | kSink, "mqtt://HOST[:PORT]"},
    {"mqtts", Scheme::mqtts, kSource | kSink, "mqtts://HOST[:PORT]"},
    {"stdin", Scheme::standard_input, kSource, "stdin:"},
    {"generate", Scheme::generate, kSource, "generate:[?count=N&interval=DURATION]"},
    {"stdout", Scheme::standard_output, kSink, "stdout:"},
}};

// What other versions have: worth another answer than a slip of the pen.
constexpr std::array<std::string_view, 6> kElsewhere{"mqtt+ws", "mqtt+wss",   "ws",
                                                     "wss",     "tcp-listen", "ws-listen"};

constexpr Duration kLongestInterval = std::chrono::hours(24);
constexpr std::size_t kLongestHost = 253;  // RFC 1035, 2.3.4, without the last dot
constexpr std::size_t kShownScheme = 16;

std::string allowed_urls(End end) {
  const unsigned bit = end == End::source ? kSource : kSink;
  std::array<std::string_view, kKnown.size()> forms;
  std::size_t count = 0;
  for (const Known& each : kKnown) {
    if ((each.ends & bit) != 0) forms.at(count++) = each.form;
  }
  std::string list;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) list += i + 1 == count ? " or " : ", ";
    list += forms.at(i);
  }
  return list;
}

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

const Known& known(Scheme scheme) {
  return *std::find_if(kKnown.begin(), kKnown.end(),
                       [scheme](const Known& each) { return each.scheme == scheme; });
}

Scheme scheme_of(const std::string& name, End end) {
  const std::string allowed = "must be " + allowed_urls(end);
  if (name.empty() || name.size() > kShownScheme) refuse(allowed);
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") != std::string::npos) {
    refuse(allowed);
  }
  const unsigned bit = end == End::source ? kSource : kSink;
  for (const Known& each : kKnown) {
    if (each.name != name) continue;
    if ((each.ends & bit) != 0) return each.scheme;
    refuse(name + ": is no " + (end == End::source ? "source" : "sink") + "; " + allowed);
  }
  if (std::find(kElsewhere.begin(), kElsewhere.end(), name) != kElsewhere.end()) {
    refuse(name + ":// is not available in this version; " + allowed);
  }
  refuse("scheme " + name + " is unknown; " + allowed);
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

void parse_mqtt(std::string_view rest, Url& url) {
  if (!rest.starts_with("//")) refuse("after the scheme comes //HOST[:PORT]");
  rest.remove_prefix(2);
  const auto end = rest.find_first_of("/?#");
  if (end != std::string_view::npos && rest.substr(end) != "/") {
    refuse("an MQTT url ends after HOST[:PORT]: it has no path, query or fragment");
  }
  const Authority authority = split_authority(rest.substr(0, end));
  url.host = authority.host;
  url.port = url.scheme == Scheme::mqtts ? 8883 : 1883;
  if (authority.has_port) url.port = parse_port(authority.port, 1);
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
  switch (url.scheme) {
    case Scheme::mqtt:
    case Scheme::mqtts:
      parse_mqtt(rest, url);
      return;
    case Scheme::generate:
      url.generate = parse_generate(rest);
      return;
    case Scheme::standard_input:
    case Scheme::standard_output:
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
    refuse(std::string(error.what()) + "; must be " + std::string(known(url.scheme).form));
  }
  return url;
}

bool is_mqtt(Scheme scheme) noexcept {
  return scheme == Scheme::mqtt || scheme == Scheme::mqtts;
}

bool is_byte_stream(Scheme scheme) noexcept {
  return scheme == Scheme::standard_input;
}

std::string to_string(const Url& url) {
  const std::string scheme = std::string(known(url.scheme).name) + ":";
  if (!is_mqtt(url.scheme)) return scheme;
  const bool brackets = url.host.find(':') != std::string::npos;
  return scheme + "//" + (brackets ? "[" + url.host + "]" : url.host) + ":" +
         std::to_string(url.port);
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
