// Partition: which events are this instance's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/config.hpp"

namespace millrace {

/// 64-bit FNV-1a: offset basis 14695981039346656037, prime 1099511628211 (G. Fowler, L. C. Noll,
/// K.-P. Vo, D. Eastlake, RFC 9923). Every instance, and whoever wants to know where an event goes,
/// computes the same.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view bytes) noexcept {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  }
  return hash;
}

/// The share of the events that `source.partition` gives to this instance. A key's partition is its
/// hash modulo the number of partitions. An event without a key goes by its topic.
///
/// Threads: immutable. Nothing is allocated after it has been made.
class Partition {
 public:
  /// Throws `std::invalid_argument`, with what must be, for a key that is none.
  explicit Partition(const PartitionConfig& config);

  /// True where all events are its own.
  [[nodiscard]] bool whole() const noexcept { return owned_.size() == 1; }

  [[nodiscard]] std::uint64_t of(std::string_view key) const noexcept {
    return fnv1a(key) % owned_.size();
  }
  [[nodiscard]] bool owns(std::string_view key) const noexcept { return owned_[of(key)]; }

  /// Name of the user property that is the key; empty where the topic is.
  [[nodiscard]] const std::string& property() const noexcept { return property_; }

 private:
  std::vector<bool> owned_;
  std::string property_;
};

}  // namespace millrace
