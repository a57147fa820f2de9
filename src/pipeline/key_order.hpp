// KeyOrder: the order of `processing.order: key`.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "event/event_key.hpp"
#include "pipeline/job.hpp"

namespace millrace {

/// Restores the order of the numbers among frames of one key, and lets different keys overtake each
/// other. It knows of a key only while a frame of it is in flight.
///
/// What was left to the next start leaves a gap that nothing of its key may overtake: younger ones
/// of it that wait here are left to the next start as well.
///
/// Threads: `enter` one at a time (framing), `leave` one at a time (the graph's order node).
class KeyOrder {
 public:
  explicit KeyOrder(EventKey key);

  /// A frame was cut: in the order of the numbers, from 0, before it can leave.
  void enter(const Frame& frame);

  /// A frame is done. What may go on now: those of its key up to the first one that is not done.
  /// Valid until the next call.
  [[nodiscard]] const std::vector<Done>& leave(const Done& done);

  /// Keys of which something is in flight.
  [[nodiscard]] std::size_t keys() const;

 private:
  static constexpr auto kNone = std::numeric_limits<std::uint64_t>::max();

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept {
      return std::hash<std::string_view>{}(key);
    }
  };
  struct Lane {
    std::uint64_t oldest = kNone;  // number
    std::uint64_t newest = kNone;
    bool gap = false;
  };
  using Lanes = std::unordered_map<std::string, Lane, Hash, std::equal_to<>>;

  struct Place {
    Lanes::value_type* lane = nullptr;  // null once it has left
    std::uint64_t next = kNone;         // number of the next one in the lane
    Done done;
    bool is_done = false;
  };

  Place& place(std::uint64_t number) { return places_[number - first_]; }

  const EventKey key_;
  std::string key_of_frame_;  // of `enter`
  std::vector<Done> leaving_;

  mutable std::mutex mutex_;
  Lanes lanes_;
  std::deque<Place> places_;  // from number first_ on
  std::uint64_t first_ = 0;
};

}  // namespace millrace
