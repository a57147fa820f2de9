// RateLimit: how often one cause may be written down.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// A token bucket for each cause, and a count of what it kept back.
///
/// A cause is a text without its numbers: "next try in 200 ms" and "next try in 400 ms" are one.
/// Memory: at most `causes` buckets. Where all are in use, further causes share one more.
/// Threads: none of its own; one caller at a time.
class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  struct Options {
    double burst = 5;                 ///< lines at once
    std::chrono::seconds refill{10};  ///< for one line
    std::size_t causes = 256;
  };

  /// How many of a cause have been left out, since they were last counted out loud.
  struct LeftOut {
    std::string cause;
    std::uint64_t count = 0;
  };

  RateLimit() : RateLimit(Options{}) {}
  explicit RateLimit(const Options& options) : options_(options) {}

  /// Nothing: leave this line out. A number: write it, and that so many were left out before it.
  [[nodiscard]] std::optional<std::uint64_t> admit(std::string_view text, Clock::time_point now);

  /// Takes the counts of causes that might be written again by `now` but have not come up.
  [[nodiscard]] std::vector<LeftOut> overdue(Clock::time_point now);

  /// Takes all counts.
  [[nodiscard]] std::vector<LeftOut> all();

 private:
  struct Bucket {
    double tokens = 0;
    Clock::time_point at;
    std::uint64_t left_out = 0;
  };

  Bucket& bucket(std::string cause, Clock::time_point now);
  void refill(Bucket& bucket, Clock::time_point now) const;

  Options options_;
  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace millrace
