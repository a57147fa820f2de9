// ReplayProgress: what `millrace dead-letters replay` says while it works.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <mutex>
#include <string>

#include "net/mqtt_publisher.hpp"

namespace millrace {

/// Counts, and writes a line for each letter that cannot be published; on a terminal also, over and
/// over on one line, how far it is, and at the end what came of it all.
///
/// Threads: any. Lifetime: `err` outlives it.
class ReplayProgress {
 public:
  ReplayProgress(bool terminal, std::ostream& err);

  void refused(std::uint64_t line, const std::string& why);
  void answered(const PublishAnswer& answer);

  /// Nothing more comes. `problem`: why it ended early, or empty. Nothing is written after that.
  void end(const std::string& problem);

  /// Whether none was refused.
  [[nodiscard]] bool complete() const;

 private:
  [[nodiscard]] std::string counts() const;
  void clear_line();
  void write_line(const std::string& text);
  void show();

  const bool terminal_;
  mutable std::mutex mutex_;
  std::ostream& err_;
  std::uint64_t published_ = 0;
  std::uint64_t refused_ = 0;
  bool shown_ = false;
  bool ended_ = false;
  std::chrono::steady_clock::time_point next_show_;
};

}  // namespace millrace
