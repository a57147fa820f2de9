#include "pipeline/credits.hpp"

namespace millrace {

void Credit::give_back() noexcept {
  if (owner_ != nullptr) std::exchange(owner_, nullptr)->give_back(std::exchange(bytes_, 0));
}

Credits::Credits(unsigned frames, std::uint64_t bytes, std::function<void(std::uint64_t)> on_return)
    : budget_(bytes), on_return_(std::move(on_return)), free_(frames) {}

bool Credits::available() const noexcept {
  return free_.load(std::memory_order_acquire) > 0 &&
         charged_.load(std::memory_order_acquire) < budget_;
}

bool Credits::take() noexcept {
  auto free = free_.load(std::memory_order_relaxed);
  while (free > 0) {
    if (free_.compare_exchange_weak(free, free - 1, std::memory_order_acq_rel)) return true;
  }
  return false;
}

bool Credits::charge(Credit& credit, std::uint64_t bytes) noexcept {
  const auto cost = bytes + 1;
  auto charged = charged_.load(std::memory_order_relaxed);
  do {
    if (charged != 0 && charged + cost > budget_) return false;
  } while (!charged_.compare_exchange_weak(charged, charged + cost, std::memory_order_acq_rel));
  credit.bytes_ = cost;
  return true;
}

void Credits::give_back(std::uint64_t bytes) noexcept {
  charged_.fetch_sub(bytes, std::memory_order_acq_rel);
  free_.fetch_add(1, std::memory_order_acq_rel);
  on_return_(bytes);
}

}  // namespace millrace
