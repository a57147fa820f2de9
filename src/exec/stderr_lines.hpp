// StderrLines: what a worker process writes on its standard error, cut into lines.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "exec/owned_fd.hpp"
#include "millrace/frame.hpp"

namespace millrace {

/// Hands on each line with the event that the process was given last. Lines end at LF; of one
/// longer than 1000 bytes the rest is left out.
///
/// Threads: any.
class StderrLines {
 public:
  using Hear = std::function<void(const EventId* event, const std::string& line)>;

  /// `pipe` does not block.
  StderrLines(OwnedFd pipe, Hear hear) : hear_(std::move(hear)), pipe_(std::move(pipe)) {}

  /// The process is given this event: what it has written so far belongs to the one before it.
  void event(const EventId& id);

  /// Takes what is there, at most a pipe full of it.
  void drain();

  /// Also the last line, which nothing has ended.
  void finish();

  /// -1 when its end has been read.
  [[nodiscard]] int fd();

 private:
  void read_all();
  void take(std::string_view bytes);
  void end_line();

  const Hear hear_;
  std::mutex mutex_;  // over all below
  OwnedFd pipe_;
  std::optional<EventId> event_;
  std::string line_;
  bool cut_ = false;
};

}  // namespace millrace
