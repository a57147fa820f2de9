#include "observability/log_writer.hpp"

#include <spdlog/pattern_formatter.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace millrace {
namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

spdlog::level::level_enum spdlog_level(Severity severity) {
  switch (severity) {
    case Severity::debug:
      return spdlog::level::debug;
    case Severity::info:
      return spdlog::level::info;
    case Severity::warning:
      return spdlog::level::warn;
    case Severity::error:
      break;
  }
  return spdlog::level::err;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

void append_escaped(std::string& to, const std::string& text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      to += c;
    } else {
      to += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xfU]};
    }
  }
}

void append_member(std::string& to, const char* key, const nlohmann::json& value) {
  if (!to.empty()) to += ',';
  to += '"';
  to += key;
  to += "\":";
  to += value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string text_body(const LogLine& line) {
  std::string body;
  append_escaped(body, line.component);
  body += ": ";
  append_escaped(body, line.text);
  if (!line.event.empty()) body += " event=" + line.event;
  if (line.attempt > 0) body += " attempt=" + std::to_string(line.attempt);
  if (line.left_out > 0) body += " left_out=" + std::to_string(line.left_out);
  return body;
}

std::string json_body(const LogLine& line) {
  std::string body;
  append_member(body, "component", line.component);
  append_member(body, "text", line.text);
  if (!line.event.empty()) append_member(body, "event", line.event);
  if (line.attempt > 0) append_member(body, "attempt", line.attempt);
  if (line.left_out > 0) append_member(body, "left_out", line.left_out);
  return body;
}

Log::Writer::Writer(const LogConfig& config, spdlog::sink_ptr sink, SteadyNow steady,
                    SystemNow system)
    : format_(config.format),
      steady_(std::move(steady)),
      system_(std::move(system)),
      logger_("millrace", std::move(sink)) {
  logger_.set_level(spdlog_level(config.level));
  logger_.flush_on(spdlog::level::debug);
  logger_.set_pattern(format_ == LogFormat::json ? kJsonPattern : kTextPattern,
                      spdlog::pattern_time_type::utc);
}

void Log::Writer::set_level(LogLevel level) {
  logger_.set_level(spdlog_level(level));
}

bool Log::Writer::wants(Severity severity) const {
  return logger_.should_log(spdlog_level(severity));
}

void Log::Writer::write(const LogLine& line) {
  logger_.log(system_(), spdlog::source_loc{}, spdlog_level(line.severity),
              format_ == LogFormat::json ? json_body(line) : text_body(line));
}

void Log::Writer::always(const LogLine& line) noexcept {
  if (!wants(line.severity)) return;
  try {
    write(line);
  } catch (...) {
    // Out of memory: there is nowhere to say so.
    return;
  }
}

void Log::Writer::limited(LogLine line) noexcept {
  if (!wants(line.severity)) return;
  try {
    {
      const std::lock_guard lock(mutex_);
      const auto left_out = limit_.admit(line.component + ": " + line.text, steady_());
      if (!left_out) return;
      line.left_out = *left_out;
    }
    write(line);
    report_left_out(false);
  } catch (...) {
    return;
  }
}

void Log::Writer::report_left_out(bool all) noexcept {
  try {
    std::vector<RateLimit::LeftOut> counts;
    {
      const std::lock_guard lock(mutex_);
      counts = all ? limit_.all() : limit_.overdue(steady_());
    }
    for (auto& [cause, count] : counts) {
      write({Severity::warning, "log", "left out: " + cause, "", 0, count});
    }
  } catch (...) {
    return;
  }
}

}  // namespace millrace
