#include "processing/square.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace millrace {
namespace {

constexpr std::uint64_t kLargest = 3037000499;
constexpr std::size_t kLargestDigits = 10;

// False where stop was requested before the delay was over.
bool wait(Duration delay, const std::stop_token& stop) {
  if (delay <= Duration::zero()) return true;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  const auto until = std::chrono::steady_clock::now() + delay;
  wake.wait_until(lock, stop, until, [] { return false; });
  return !stop.stop_requested();
}

Verdict square(std::string_view text) {
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return Rejected{"square: payload is not a decimal integer"};
  }
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  std::uint64_t number = 0;
  for (const char digit : text.substr(0, kLargestDigits)) {
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  if (text.size() > kLargestDigits || number > kLargest) {
    return Rejected{"square: payload is beyond ±3037000499"};
  }
  return Result{Payload(std::to_string(number * number))};
}

}  // namespace

Verdict Square::process(const Frame& frame, const Attempt& attempt) {
  if (!wait(delay_, attempt.stop)) return Failed{"square: timed out"};
  return square(frame.payload.view());
}

}  // namespace millrace
