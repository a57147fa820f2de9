// Log lines: their two forms, and where they go.
#pragma once

#include <spdlog/logger.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "observability/log.hpp"
#include "observability/rate_limit.hpp"

namespace millrace {

/// One line, but for its time.
struct LogLine {
  Severity severity = Severity::info;
  std::string component;
  std::string text;
  std::string event;           ///< its id; empty where it is about none
  unsigned attempt = 0;        ///< 0 where it is about none
  std::uint64_t left_out = 0;  ///< lines of this cause before it
};

/// `source: subscribed to events/# event=… attempt=2 left_out=7`. Control characters are escaped,
/// so that one line stays one.
[[nodiscard]] std::string text_body(const LogLine& line);

/// The same as members of a JSON object, without its braces; bytes that are no UTF-8 are replaced.
[[nodiscard]] std::string json_body(const LogLine& line);

/// Gives lines to spdlog.
///
/// Threads: any. Errors: none; a line that cannot be written is lost.
class Log::Writer {
 public:
  Writer(const LogConfig& config, spdlog::sink_ptr sink, SteadyNow steady, SystemNow system);

  [[nodiscard]] bool wants(Severity severity) const;
  void set_level(LogLevel level);

  /// Writes the line, unless its cause has had its share.
  void limited(LogLine line) noexcept;

  /// Writes the line, however many there are.
  void always(const LogLine& line) noexcept;

  void report_left_out(bool all) noexcept;

  /// True once for each change.
  [[nodiscard]] bool journal_turned(bool writable) {
    return journal_writable_.exchange(writable) != writable;
  }

 private:
  void write(const LogLine& line);

  const LogFormat format_;
  const SteadyNow steady_;
  const SystemNow system_;
  spdlog::logger logger_;
  std::mutex mutex_;
  RateLimit limit_;
  std::atomic<bool> journal_writable_{true};
};

}  // namespace millrace
