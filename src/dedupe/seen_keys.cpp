#include "dedupe/seen_keys.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <random>
#include <utility>

namespace millrace {
namespace {

std::uint64_t random_odd() {
  std::random_device random;
  return (std::uint64_t{random()} << 32U | random()) | 1U;
}

}  // namespace

// The table is at most half full, so runs in it are short.
SeenKeys::SeenKeys(std::size_t capacity)
    : capacity_(std::max<std::size_t>(capacity, 1)),
      mask_(std::bit_ceil(2 * capacity_) - 1),
      shift_(64U - static_cast<unsigned>(std::popcount(mask_))),
      salt_{random_odd(), random_odd()},
      table_(mask_ + 1) {
  ring_.reserve(capacity_);
}

// Salted: a producer who chooses keys whose digests begin alike must not make them meet here.
std::size_t SeenKeys::bucket(const KeyDigest& digest) const noexcept {
  std::array<std::uint64_t, 2> halves{};
  std::memcpy(halves.data(), digest.data(), digest.size());
  return static_cast<std::size_t>((halves[0] * salt_[0] + halves[1] * salt_[1]) >> shift_);
}

// Where the digest stands in the table, or the free slot in which it would.
std::size_t SeenKeys::slot_of(const KeyDigest& digest) const noexcept {
  auto slot = bucket(digest);
  while (table_[slot] != 0 && ring_[table_[slot] - 1].digest != digest) slot = (slot + 1) & mask_;
  return slot;
}

const SeenKey* SeenKeys::find(const KeyDigest& digest) const noexcept {
  const Place place = table_[slot_of(digest)];
  return place == 0 ? nullptr : &ring_[place - 1];
}

void SeenKeys::add(const SeenKey& key) {
  std::size_t at = ring_.size();
  if (at < capacity_) {
    ring_.push_back(key);
  } else {
    at = oldest_;
    forget(static_cast<Place>(at + 1));
    ring_[at] = key;
    oldest_ = (oldest_ + 1) % capacity_;
  }
  // A key that is there already moves on: the place in the ring that it leaves counts for nothing.
  table_[slot_of(key.digest)] = static_cast<Place>(at + 1);
}

// Closes the hole in the run by moving up what would not be found behind it (Knuth, volume 3, 6.4,
// algorithm R).
void SeenKeys::forget(Place place) noexcept {
  auto hole = slot_of(ring_[place - 1].digest);
  if (table_[hole] != place) return;
  table_[hole] = 0;
  for (auto slot = (hole + 1) & mask_; table_[slot] != 0; slot = (slot + 1) & mask_) {
    const auto home = bucket(ring_[table_[slot] - 1].digest);
    if (((slot - home) & mask_) < ((slot - hole) & mask_)) continue;
    table_[hole] = std::exchange(table_[slot], 0);
    hole = slot;
  }
}

}  // namespace millrace
