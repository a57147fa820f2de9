#include "observability/tap_queue.hpp"

#include <algorithm>
#include <utility>

#include "event/topic_filter.hpp"
#include "event/utf8.hpp"

namespace millrace {
std::string tap_excerpt(std::string_view payload) {
  return std::string(utf8_prefix(payload, kTapPayload));
}

bool TapQueue::wants(std::string_view stream) const {
  return wish_.stream.empty() || wish_.stream == stream || filter_matches(wish_.stream, stream);
}

void TapQueue::offer(const TapSample& sample, std::string_view payload) {
  const std::lock_guard lock(mutex_);
  if (offered_++ % stride_ != 0 || samples_.size() >= capacity_) {
    ++left_out_;
    return;
  }
  TapSample& taken = samples_.emplace_back(sample);
  taken.payload = tap_excerpt(payload);
  taken.left_out = std::exchange(left_out_, 0);
}

std::vector<TapSample> TapQueue::take() {
  std::vector<TapSample> taken;
  taken.reserve(capacity_);  // outside the lock
  const std::lock_guard lock(mutex_);
  taken.swap(samples_);
  stride_ = std::max<std::size_t>(1, (offered_ + capacity_ - 1) / capacity_);
  offered_ = 0;
  return taken;
}

}  // namespace millrace
