#include "net/reconnect_policy.hpp"

#include <algorithm>

namespace millrace {
namespace {

// Mosquitto 2.0.11 closes without a word where another client takes the session over. One quick
// close may be anything, and a broker that is away between two of them is being restarted.
constexpr int kQuickClosesOfATakeover = 3;

}  // namespace

ReconnectPolicy::ReconnectPolicy(const ReconnectConfig& config, const ConnectionTiming& timing,
                                 unsigned seed)
    : config_(config), timing_(timing), random_(seed), base_(config.min) {}

void ReconnectPolicy::opened(Time now) {
  opened_ = now;
}

std::chrono::milliseconds ReconnectPolicy::failed() {
  quick_closes_ = 0;
  return next_delay();
}

ReconnectPolicy::Wait ReconnectPolicy::lost(Time now, Loss loss) {
  const auto held = now - opened_;
  if (held >= timing_.settled_after) base_ = config_.min;
  const bool quick = loss != Loss::explained && held < timing_.quick_close;
  quick_closes_ = quick ? quick_closes_ + 1 : 0;
  Wait wait{next_delay(), loss == Loss::taken_over || quick_closes_ >= kQuickClosesOfATakeover};
  if (wait.taken_over) wait.delay += timing_.taken_over_wait;
  return wait;
}

// From `base` to one and a half times that, never under the minimum nor over the maximum.
std::chrono::milliseconds ReconnectPolicy::next_delay() {
  const auto base = std::min(base_, config_.max);
  base_ = std::min(base_ * 2, config_.max);
  std::uniform_int_distribution<Duration::rep> jitter(0, base.count() / 2);
  return std::min(base + Duration(jitter(random_)), std::max(config_.max, config_.min));
}

}  // namespace millrace
