#include "sink/fan_out_queue.hpp"

#include <utility>

namespace millrace {

void FanOutQueue::push(WsMessage message) {
  bytes_ += message.bytes.size();
  queue_.push_back(std::move(message));
}

void FanOutQueue::drop_before(Position position) {
  while (first_ < position && !queue_.empty()) {
    bytes_ -= queue_.front().bytes.size();
    queue_.pop_front();
    ++first_;
  }
}

}  // namespace millrace
