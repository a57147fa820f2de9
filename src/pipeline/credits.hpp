// Credits: what bounds the events in flight.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace millrace {

class Credits;

/// The right of one frame to be in flight, from before it is cut until a commit covers it. It goes
/// back where it came from when it is destroyed, whichever way the event took.
class Credit {
 public:
  Credit() = default;
  Credit(Credit&& other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Credit& operator=(Credit&& other) noexcept {
    if (this != &other) {
      give_back();
      owner_ = std::exchange(other.owner_, nullptr);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  ~Credit() { give_back(); }

 private:
  friend class Credits;
  explicit Credit(Credits* owner) : owner_(owner) {}
  void give_back() noexcept;

  Credits* owner_ = nullptr;
  std::uint64_t bytes_ = 0;
};

/// A fixed number of credits, and a budget of bytes that the frames holding them share.
///
/// Threads: any.
/// Lifetime: outlives its credits.
class Credits {
 public:
  /// `frames` ≥ 1; `bytes` of all frames in flight together. `on_return` is called after a credit
  /// has come back, with what had been charged to it, on the thread that gave it back; it must not
  /// block.
  Credits(unsigned frames, std::uint64_t bytes, std::function<void(std::uint64_t)> on_return);

  /// True when a credit is free and the budget is not used up.
  [[nodiscard]] bool available() const noexcept;

  /// Takes a credit away for a token, which carries it as a mere count: `adopt` makes it whole.
  [[nodiscard]] bool take() noexcept;
  [[nodiscard]] Credit adopt() noexcept { return Credit(this); }

  /// Charges a frame's bytes to its credit. False, and nothing is charged, where they do not fit
  /// beside those of other frames; a frame that is alone always fits.
  [[nodiscard]] bool charge(Credit& credit, std::uint64_t bytes) noexcept;

 private:
  friend class Credit;
  void give_back(std::uint64_t bytes) noexcept;

  const std::uint64_t budget_;
  std::function<void(std::uint64_t)> on_return_;
  std::atomic<std::int64_t> free_;
  std::atomic<std::uint64_t> charged_ =
      0;  // bytes, one more for each frame so that empty ones count
};

}  // namespace millrace
