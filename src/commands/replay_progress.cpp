#include "commands/replay_progress.hpp"

#include <ostream>
#include <utility>

namespace millrace {
namespace {

constexpr std::chrono::milliseconds kShowInterval{100};
constexpr const char* kClearLine = "\r\x1b[K";  // ECMA-48 EL

}  // namespace

ReplayProgress::ReplayProgress(bool terminal, std::ostream& err) : terminal_(terminal), err_(err) {}

void ReplayProgress::refused(std::uint64_t line, const std::string& why) {
  const std::lock_guard lock(mutex_);
  ++refused_;
  write_line("line " + std::to_string(line) + ": " + why);
}

void ReplayProgress::answered(const PublishAnswer& answer) {
  const std::lock_guard lock(mutex_);
  if (answer.refusal.empty()) {
    ++published_;
  } else {
    ++refused_;
    write_line("line " + std::to_string(answer.tag) + ": the broker refuses it: " + answer.refusal);
  }
  show();
}

void ReplayProgress::end(const std::string& problem) {
  const std::lock_guard lock(mutex_);
  if (!problem.empty()) write_line("millrace: " + problem + "; " + counts());
  if (problem.empty() && terminal_) write_line(counts());
  ended_ = true;
}

bool ReplayProgress::complete() const {
  const std::lock_guard lock(mutex_);
  return refused_ == 0;
}

std::string ReplayProgress::counts() const {
  return std::to_string(published_) + " published, " + std::to_string(refused_) + " not";
}

void ReplayProgress::clear_line() {
  if (std::exchange(shown_, false)) err_ << kClearLine;
}

void ReplayProgress::write_line(const std::string& text) {
  if (ended_) return;
  clear_line();
  err_ << text << '\n' << std::flush;
}

void ReplayProgress::show() {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || ended_ || now < next_show_) return;
  next_show_ = now + kShowInterval;
  clear_line();
  err_ << counts() << std::flush;
  shown_ = true;
}

}  // namespace millrace
