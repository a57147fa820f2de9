#include "pipeline/key_order.hpp"

#include <utility>

namespace millrace {

KeyOrder::KeyOrder(EventKey key) : key_(std::move(key)) {}

void KeyOrder::enter(const Frame& frame) {
  key_.of(frame, key_of_frame_);
  const std::lock_guard lock(mutex_);
  auto lane = lanes_.find(key_of_frame_);
  if (lane == lanes_.end()) {
    lane = lanes_.emplace(key_of_frame_, Lane{.oldest = frame.number}).first;
  } else {
    place(lane->second.newest).next = frame.number;
  }
  lane->second.newest = frame.number;
  places_.emplace_back().lane = &*lane;
}

const std::vector<Done>& KeyOrder::leave(const Done& done) {
  leaving_.clear();
  const std::lock_guard lock(mutex_);
  place(done.number).done = done;
  place(done.number).is_done = true;
  auto& [key, lane] = *place(done.number).lane;
  while (lane.oldest != kNone && place(lane.oldest).is_done) {
    Place& oldest = place(lane.oldest);
    lane.gap = lane.gap || !oldest.done.outcome;
    leaving_.push_back(std::move(oldest.done));
    if (lane.gap) leaving_.back().outcome = nullptr;
    oldest.lane = nullptr;
    lane.oldest = oldest.next;
  }
  if (lane.oldest == kNone) lanes_.erase(lanes_.find(key));
  while (!places_.empty() && places_.front().lane == nullptr) {
    places_.pop_front();
    ++first_;
  }
  return leaving_;
}

std::size_t KeyOrder::keys() const {
  const std::lock_guard lock(mutex_);
  return lanes_.size();
}

}  // namespace millrace
