// SeenKeys: the last keys that came, and with which events.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "millrace/chunk.hpp"

namespace millrace {

/// The first half of a SHA-256.
using KeyDigest = std::array<char, 16>;

/// A key, and where the event starts that came with it first.
struct SeenKey {
  KeyDigest digest{};
  Offset offset = 0;
  std::uint32_t index = 0;

  friend bool operator==(const SeenKey&, const SeenKey&) = default;
};

/// The newest `capacity` of what was added: a ring of them, and an open hash table of places in it.
/// At most 48 bytes each, of which memory is taken as they come.
///
/// Threads: one at a time.
class SeenKeys {
 public:
  /// At least 1, at most 2^30.
  explicit SeenKeys(std::size_t capacity);

  /// The event that the key came with, the last one added; or null. Valid until the next `add`.
  [[nodiscard]] const SeenKey* find(const KeyDigest& digest) const noexcept;

  /// The oldest goes where there is no room.
  void add(const SeenKey& key);

  /// Calls `visit(key)` for those that `find` can find, oldest first.
  template <typename Visit>
  void each(Visit&& visit) const {
    for (std::size_t i = 0; i < ring_.size(); ++i) {
      const SeenKey& key = ring_[(oldest_ + i) % ring_.size()];
      if (find(key.digest) == &key) visit(key);
    }
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  using Place = std::uint32_t;  // in the ring, plus one; 0: free

  std::size_t bucket(const KeyDigest& digest) const noexcept;
  std::size_t slot_of(const KeyDigest& digest) const noexcept;
  void forget(Place place) noexcept;

  const std::size_t capacity_;
  const std::size_t mask_;
  const unsigned shift_;
  const std::array<std::uint64_t, 2> salt_;
  std::vector<SeenKey> ring_;
  std::size_t oldest_ = 0;  // once the ring is full
  std::vector<Place> table_;
};

}  // namespace millrace
