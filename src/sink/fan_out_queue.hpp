// FanOutQueue: the messages that some client has still to be sent, once for all clients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "millrace/config.hpp"
#include "sink/ws_message.hpp"

namespace millrace {

/// One line of messages in which every client has a position of its own, so that a thousand clients
/// that are behind cost no more than the slowest of them. Bounded by a number of messages and by
/// their bytes; one message is always admitted.
///
/// Pure. Threads: one at a time.
class FanOutQueue {
 public:
  using Position = std::uint64_t;

  FanOutQueue(std::size_t messages, ByteCount bytes) : messages_(messages), limit_(bytes) {}

  /// Whether a message of `size` bytes can only enter when the oldest has gone.
  [[nodiscard]] bool full_for(std::size_t size) const noexcept {
    return !queue_.empty() && (queue_.size() >= messages_ || bytes_ + size > limit_);
  }

  void push(WsMessage message);

  /// Everything before `position` is not needed any more.
  void drop_before(Position position);

  [[nodiscard]] Position first() const noexcept { return first_; }  ///< the oldest that is here
  [[nodiscard]] Position end() const noexcept { return first_ + queue_.size(); }

  /// The message there, or null at the end. It stays until it is dropped.
  [[nodiscard]] const WsMessage* at(Position position) const noexcept {
    return position < end() ? &queue_[position - first_] : nullptr;
  }

 private:
  const std::size_t messages_;
  const ByteCount limit_;
  std::deque<WsMessage> queue_;
  Position first_ = 0;
  ByteCount bytes_ = 0;
};

}  // namespace millrace
