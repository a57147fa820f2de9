// SegmentInfo and SegmentList: which files the log consists of.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/chunk.hpp"

namespace millrace {

struct SegmentInfo {
  std::uint64_t number = 0;
  Offset first_offset = 0;
  std::optional<std::uint64_t> end;  ///< bytes of the file that are log; none while it is written
  std::uint64_t bytes = 0;           ///< that the file takes
};

/// A segment, and how far its log goes now.
struct SegmentExtent {
  std::uint64_t number = 0;
  std::uint64_t log_end = 0;
  bool complete = false;
};

/// `segment-<number in twenty digits>.log`: names sort like numbers.
[[nodiscard]] std::string segment_name(std::uint64_t number);
[[nodiscard]] std::optional<std::uint64_t> segment_number(std::string_view name);

/// Names of files that are no part of the log but wait to become one begin so.
inline constexpr std::string_view kSparePrefix = "spare-";

/// The segments in order, as the writer, the reader and the trimming share them.
///
/// Threads: any; calls are short.
class SegmentList {
 public:
  explicit SegmentList(std::vector<SegmentInfo> segments) : segments_(std::move(segments)) {}

  /// The last segment ends there, and this one follows, whose log goes as far as `written`.
  void extend(std::uint64_t end, const SegmentInfo& next, std::uint64_t written);

  /// The log of the last segment goes as far as this now.
  void written(std::uint64_t end) noexcept { written_.store(end, std::memory_order_release); }

  /// That segment, or the first one behind it; nothing where there is none.
  [[nodiscard]] std::optional<SegmentExtent> at_or_after(std::uint64_t number) const;

  /// Takes the segments out that hold nothing from `needed` on, and says which they were.
  [[nodiscard]] std::vector<SegmentInfo> take_before(Offset needed);

  /// That file takes fewer bytes now.
  void shrunk(std::uint64_t number, std::uint64_t bytes);

  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] std::vector<SegmentInfo> all() const;

 private:
  mutable std::mutex mutex_;
  std::vector<SegmentInfo> segments_;
  std::atomic<std::uint64_t> written_ = 0;
};

}  // namespace millrace
