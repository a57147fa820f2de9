// TapQueue: what one who looks on has still to be shown.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "observability/event_trace.hpp"

namespace millrace {

/// Where to look on: what arrives, what is cut, what has come of it.
enum class TapStage { chunks, frames, outcomes };

/// Their names, in the order of the enum.
inline constexpr std::array<std::string_view, 3> kTapStages{"chunks", "frames", "outcomes"};

/// What one who looks on wishes to see.
struct TapWish {
  TapStage stage = TapStage::outcomes;
  std::string stream;  ///< a stream's name, or a topic filter; empty: all
  bool payloads = false;
};

/// One event, or chunk, to be shown. What is not known at its stage is as in an empty trace.
struct TapSample {
  EventTrace trace;          ///< of a frame with a defect: why, as the cause
  std::string payload;       ///< its beginning, `kTapPayload` bytes at most; where it may be shown
  bool redelivered = false;  ///< of a chunk
  std::uint64_t left_out = 0;  ///< not shown since the sample before
};

/// Bytes of a payload that are shown.
inline constexpr std::size_t kTapPayload = 4096;

/// The first bytes of a payload; a character of UTF-8 is not cut in two.
[[nodiscard]] std::string tap_excerpt(std::string_view payload);

/// A bounded queue that is emptied at a steady pace. Where more comes than it holds between two
/// times, it takes one of so many, evenly, and counts the rest.
///
/// Threads: any, each method.
class TapQueue {
 public:
  /// `capacity`: samples between two calls of `take`.
  TapQueue(TapWish wish, std::size_t capacity) : wish_(std::move(wish)), capacity_(capacity) {}

  [[nodiscard]] const TapWish& wish() const noexcept { return wish_; }

  /// Whether it wishes for this stream.
  [[nodiscard]] bool wants(std::string_view stream) const;

  /// One more; `payload` where it may be shown. Never waits for room.
  void offer(const TapSample& sample, std::string_view payload);

  /// All that is in it, oldest first.
  [[nodiscard]] std::vector<TapSample> take();

 private:
  const TapWish wish_;
  const std::size_t capacity_;
  std::mutex mutex_;
  std::vector<TapSample> samples_;
  std::size_t offered_ = 0;  // since the last `take`
  std::size_t stride_ = 1;   // one of so many is taken
  std::uint64_t left_out_ = 0;
};

using TapQueuePtr = std::shared_ptr<TapQueue>;

}  // namespace millrace
