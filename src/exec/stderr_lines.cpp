#include "exec/stderr_lines.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace millrace {
namespace {

constexpr std::size_t kLongestLine = 1000;
constexpr std::size_t kPipeBytes = 64 << 10;  // pipe(7)

}  // namespace

void StderrLines::event(const EventId& id) {
  const std::lock_guard lock(mutex_);
  read_all();
  event_ = id;
}

void StderrLines::drain() {
  const std::lock_guard lock(mutex_);
  read_all();
}

int StderrLines::fd() {
  const std::lock_guard lock(mutex_);
  return pipe_.get();
}

void StderrLines::finish() {
  const std::lock_guard lock(mutex_);
  read_all();
  if (!line_.empty()) end_line();
}

// Bounded, so that one who writes without an end does not keep the others waiting.
void StderrLines::read_all() {
  std::array<char, 4096> bytes{};
  for (std::size_t taken = 0; taken < kPipeBytes;) {
    const auto got = ::read(pipe_.get(), bytes.data(), bytes.size());
    if (got > 0) {
      take({bytes.data(), static_cast<std::size_t>(got)});
      taken += static_cast<std::size_t>(got);
    } else if (got == 0 || errno != EINTR) {
      if (got == 0 || errno != EAGAIN) pipe_.close();
      return;
    }
  }
}

void StderrLines::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    const auto room = kLongestLine - line_.size();
    cut_ = cut_ || end > room;
    line_.append(bytes, 0, std::min(end, room));
    if (end == bytes.size()) return;
    end_line();
    bytes.remove_prefix(end + 1);
  }
}

void StderrLines::end_line() {
  if (cut_) line_ += "… (cut)";
  hear_(event_ ? &*event_ : nullptr, line_);
  line_.clear();
  cut_ = false;
}

}  // namespace millrace
