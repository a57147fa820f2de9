// NoticeList: an observer that keeps what operators are told.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "millrace/observer.hpp"

namespace millrace::test {

/// Threads: any.
class NoticeList final : public Observer {
 public:
  void notice(const Notice& notice) override {
    const std::lock_guard lock(mutex_);
    texts_.push_back(notice.text);
  }

  void clients_changed(std::size_t count) override { clients_ = count; }
  [[nodiscard]] std::size_t clients() const { return clients_; }

  /// How many hold `part`.
  [[nodiscard]] std::size_t count(const std::string& part) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(
        texts_.begin(), texts_.end(),
        [&](const std::string& text) { return text.find(part) != std::string::npos; }));
  }

 private:
  std::atomic<std::size_t> clients_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

}  // namespace millrace::test
