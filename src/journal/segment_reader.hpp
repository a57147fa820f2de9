// SegmentReader: records of one segment file, through one bounded buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <system_error>

#include "journal/file_layer.hpp"
#include "journal/format.hpp"

namespace millrace {

/// A record whose checks have been made. The views live until the reader is asked again.
struct Record {
  RecordHeader header;
  std::string_view meta;
  std::string_view payload;
  std::uint64_t position = 0;
};

/// Reads at any position; faster in ascending order. The buffer is `kReadAhead` bytes, or as long
/// as one record where that is longer.
///
/// Threads: one at a time. The file may grow meanwhile, as long as no limit given lies behind what
/// has been written: bytes are read once.
class SegmentReader {
 public:
  static constexpr std::size_t kReadAhead = 128U << 10U;

  SegmentReader(FileLayer& files, FileDescriptor fd, std::uint32_t epoch, std::uint64_t number);

  enum class Found { record, nothing, failed };

  /// Looks for a record at `position` that ends before `limit`; `record()` is it, or `error()` says
  /// why reading failed.
  [[nodiscard]] Found read_at(std::uint64_t position, std::uint64_t limit);
  [[nodiscard]] const Record& record() const noexcept { return record_; }
  [[nodiscard]] std::error_code error() const noexcept { return error_; }

  /// The first byte in [from, limit) that is not zero, or `limit`. What cannot be read is no zero.
  [[nodiscard]] std::uint64_t skip_zeros(std::uint64_t from, std::uint64_t limit);

  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] std::size_t buffer_size() const noexcept { return size_; }

 private:
  bool fill(std::uint64_t position, std::size_t count, std::uint64_t limit);
  std::string_view buffered(std::uint64_t position) const noexcept;

  FileLayer* files_;
  FileDescriptor fd_;
  std::uint32_t epoch_;
  std::uint64_t number_;
  std::unique_ptr<char[]> buffer_;
  std::size_t size_ = 0;
  std::uint64_t begin_ = 0;  // where in the file the buffer begins
  std::size_t filled_ = 0;
  Record record_;
  std::error_code error_;
};

}  // namespace millrace
