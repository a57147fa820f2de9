#include "commands/tap.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "config/url.hpp"
#include "event/iso8601.hpp"
#include "net/http_address.hpp"

namespace millrace {
namespace {

using Json = nlohmann::json;

// `12:00:00.123`, UTC.
std::string time_of_day(double seconds) {
  const auto since = std::chrono::microseconds(std::llround(seconds * 1e6));
  const std::string text = iso8601(std::chrono::system_clock::time_point(since));
  return text.substr(11, 12);
}

// `0.12 ms`, `12 ms`, `1.25 s`.
std::string span(double seconds) {
  std::array<char, 32> text{};
  if (seconds < 0.01) {
    std::snprintf(text.data(), text.size(), "%.2f ms", std::max(0.0, seconds) * 1e3);
  } else if (seconds < 1) {
    std::snprintf(text.data(), text.size(), "%.0f ms", seconds * 1e3);
  } else {
    std::snprintf(text.data(), text.size(), "%.2f s", seconds);
  }
  return text.data();
}

std::string between(const Json& event, const char* from, const char* to) {
  return span(event.at(to).get<double>() - event.at(from).get<double>());
}

// Quoted and escaped: what comes from outside must not move the cursor.
std::string safe(const Json& text) {
  return text.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::string bytes(const Json& event, const char* key) {
  return std::to_string(event.at(key).get<std::uint64_t>()) + " B";
}

bool empty(const Json& event, const char* key) {
  return event.at(key).get_ref<const std::string&>().empty();
}

std::string outcome_text(const Json& event) {
  std::string text = event.at("kind").get<std::string>();
  if (event.at("dropped").get<bool>()) text += ", dropped";
  if (!empty(event, "cause")) text += " " + safe(event.at("cause"));
  if (!event.at("worker").is_null()) {
    text += "  worker " + std::to_string(event.at("worker").get<unsigned>());
  }
  if (const auto attempts = event.at("attempts").get<unsigned>(); attempts > 1) {
    text += "  " + std::to_string(attempts) + " attempts";
  }
  text += "  " + bytes(event, "bytes_in") + " to " + bytes(event, "bytes_out");
  return text + "  queue " + between(event, "cut", "started") + ", work " +
         between(event, "started", "finished") + ", order " +
         between(event, "finished", "emitted") + ", confirm " +
         between(event, "emitted", "confirmed");
}

std::string line_of(const Json& event) {
  const auto stage = event.at("stage").get<std::string>();
  std::string line;
  if (const auto left_out = event.at("left_out").get<std::uint64_t>(); left_out > 0) {
    line = "… " + std::to_string(left_out) + " not shown\n";
  }
  const char* const at = stage == "chunks" ? "received" : stage == "frames" ? "cut" : "confirmed";
  line += time_of_day(event.at(at).get<double>());
  if (stage != "chunks") line += "  " + event.at("event").get<std::string>();
  line += "  " + safe(event.at("stream")) + "  ";
  line += stage == "outcomes" ? outcome_text(event) : bytes(event, "bytes_in");
  if (stage == "chunks" && event.at("redelivered").get<bool>()) line += "  redelivered";
  if (stage == "frames" && !empty(event, "defect")) line += "  defect " + safe(event.at("defect"));
  if (event.contains("payload")) {
    line += "  " + safe(event.at("payload"));
    if (event.at("encoding") == "base64") line += " (base64)";
  }
  return line;
}

}  // namespace

std::string tap_line(const std::string& message) {
  try {
    return line_of(Json::parse(message));
  } catch (const Json::exception&) {
    return safe(message);
  }
}

int tap(const TapArguments& arguments, const Config& config, std::ostream& out, std::ostream& err,
        const std::function<void(std::function<void()>)>& while_running) {
  if (config.http.listen.empty()) {
    err << "millrace tap: http.listen is empty, so there is nothing to look at\n";
    return 1;
  }
  TapWish wish = arguments.wish;
  wish.payloads = true;  // where they may be shown
  TapClient client(reachable(parse_listen(config.http.listen)), config.http.token, wish);
  if (while_running) while_running([&client] { client.stop(); });
  std::uint64_t shown = 0;
  const std::string problem = client.run([&](const std::string& message) {
    out << (arguments.json ? message : tap_line(message)) << '\n' << std::flush;
    return out.good() && ++shown != arguments.limit;
  });
  if (problem.empty()) return 0;
  err << "millrace tap: " << problem << '\n';
  return 1;
}

}  // namespace millrace
