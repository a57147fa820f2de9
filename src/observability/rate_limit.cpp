#include "observability/rate_limit.hpp"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

constexpr std::size_t kCauseBytes = 200;
constexpr std::string_view kSharedCause = "(others)";

bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::string cause_of(std::string_view text) {
  std::string cause;
  for (std::size_t i = 0; i < text.size() && cause.size() < kCauseBytes; ++i) {
    if (!digit(text[i])) {
      cause += text[i];
    } else if (i == 0 || !digit(text[i - 1])) {
      cause += '#';
    }
  }
  return cause;
}

}  // namespace

void RateLimit::refill(Bucket& bucket, Clock::time_point now) const {
  const std::chrono::duration<double> passed = now - bucket.at;
  const std::chrono::duration<double> one = options_.refill;
  bucket.tokens = std::min(options_.burst, bucket.tokens + passed / one);
  bucket.at = now;
}

RateLimit::Bucket& RateLimit::bucket(std::string cause, Clock::time_point now) {
  const auto known = buckets_.find(cause);
  if (known != buckets_.end()) return known->second;
  if (buckets_.size() >= options_.causes) {
    for (auto& entry : buckets_) refill(entry.second, now);
    std::erase_if(buckets_, [&](const auto& entry) {
      return entry.second.left_out == 0 && entry.second.tokens >= options_.burst;
    });
  }
  if (buckets_.size() >= options_.causes) cause = kSharedCause;
  return buckets_.try_emplace(std::move(cause), Bucket{options_.burst, now, 0}).first->second;
}

std::optional<std::uint64_t> RateLimit::admit(std::string_view text, Clock::time_point now) {
  Bucket& cause = bucket(cause_of(text), now);
  refill(cause, now);
  if (cause.tokens < 1) {
    ++cause.left_out;
    return std::nullopt;
  }
  cause.tokens -= 1;
  return std::exchange(cause.left_out, 0);
}

std::vector<RateLimit::LeftOut> RateLimit::overdue(Clock::time_point now) {
  std::vector<LeftOut> counts;
  for (auto& [cause, bucket] : buckets_) {
    if (bucket.left_out == 0) continue;
    refill(bucket, now);
    if (bucket.tokens < 1) continue;
    bucket.tokens -= 1;
    counts.push_back({cause, std::exchange(bucket.left_out, 0)});
  }
  return counts;
}

std::vector<RateLimit::LeftOut> RateLimit::all() {
  std::vector<LeftOut> counts;
  for (auto& [cause, bucket] : buckets_) {
    if (bucket.left_out > 0) counts.push_back({cause, std::exchange(bucket.left_out, 0)});
  }
  return counts;
}

}  // namespace millrace
