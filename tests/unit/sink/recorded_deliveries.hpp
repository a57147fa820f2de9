// RecordedDeliveries: keeps what a sink reports.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "millrace/sink.hpp"
#include "support/wait.hpp"

namespace millrace::test {

/// Threads: any.
class RecordedDeliveries final : public Deliveries {
 public:
  void confirmed(std::uint64_t number) override {
    const std::lock_guard lock(mutex_);
    numbers_.push_back(number);
  }
  void state(ConnectionState state) override {
    const std::lock_guard lock(mutex_);
    state_ = std::move(state);
  }
  void failed(std::string why) override {
    const std::lock_guard lock(mutex_);
    failed_ = std::move(why);
  }

  [[nodiscard]] std::vector<std::uint64_t> numbers() const { return read(numbers_); }
  [[nodiscard]] ConnectionState state() const { return read(state_); }
  [[nodiscard]] bool wait_for(std::size_t count) const {
    return wait_until([&] { return numbers().size() >= count; });
  }
  [[nodiscard]] bool wait_for_ok() const {
    return wait_until([&] { return state().ok; });
  }
  [[nodiscard]] bool wait_for_reason(const std::string& part) const {
    return wait_until([&] { return state().reason.find(part) != std::string::npos; });
  }

 private:
  template <class Value>
  Value read(const Value& value) const {
    const std::lock_guard lock(mutex_);
    return value;
  }

  mutable std::mutex mutex_;
  std::vector<std::uint64_t> numbers_;
  ConnectionState state_;
  std::string failed_;
};

/// The outcome with this number: a result with these bytes.
inline OutcomePtr result_of(std::uint64_t number, std::string bytes) {
  auto frame = std::make_shared<Frame>();
  frame->number = number;
  frame->id = {0xabcd, number, 0};
  frame->stream = "in";
  return std::make_shared<const Outcome>(Outcome{frame, Result{Payload(std::move(bytes))}, 1});
}

}  // namespace millrace::test
