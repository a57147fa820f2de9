// SegmentWriter: appends records to the newest segment and begins the next one when it is full.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "journal/file_layer.hpp"
#include "journal/format.hpp"
#include "journal/segment.hpp"

namespace millrace {

struct SegmentWriterOptions {
  std::uint32_t epoch = 0;
  std::string fingerprint;
  std::uint64_t segment_bytes = 0;  ///< of one file, but for a record that is longer
  std::uint64_t max_bytes = 0;      ///< of all files; two segments of it are kept for what must fit
  bool power = false;               ///< records are settled by a sync, not by being written
};

/// The writing end of the log.
///
/// Threads: one at a time, but for `make_spare`, which any may call.
/// Errors: values. Any but `no_buffer_space` leaves the end of the log undefined: write no more.
class SegmentWriter {
 public:
  SegmentWriter(const Folder& folder, SegmentList& segments, SegmentWriterOptions options);

  /// One record, as `seal` takes it: room for the header, then the meta.
  struct Draft {
    RecordHeader header;
    std::string* record = nullptr;
    std::string_view payload;
  };

  /// Begins the first segment of this run, with a commit whose meta this is.
  [[nodiscard]] std::error_code begin(std::uint64_t number, Offset first_offset,
                                      std::uint64_t previous_end, std::string commit_meta);

  /// Appends a record. `no_buffer_space` where it would begin a segment beyond the quota; what
  /// `must_fit` is written in any case.
  [[nodiscard]] std::error_code append(const Draft& draft, bool must_fit);

  /// The commit that the next segment begins with.
  void remember_commit(std::string_view meta) { commit_meta_ = meta; }

  /// A file that can become the next segment.
  struct Spare {
    std::string name;
    FileDescriptor fd;
    std::uint64_t bytes = 0;
  };
  [[nodiscard]] bool wants_spare() const;
  [[nodiscard]] std::error_code make_spare(std::uint64_t bytes, Spare& spare);
  /// Keeps it if there is none yet. Else it is removed.
  void offer(Spare spare);
  void remove_spare();
  [[nodiscard]] std::uint64_t segment_bytes() const noexcept { return options_.segment_bytes; }

  /// The end of the log: what a sync of `fd` makes durable.
  struct End {
    std::shared_ptr<const FileDescriptor> fd;
    std::uint64_t segment = 0;
    std::uint64_t position = 0;
  };
  [[nodiscard]] End end() const { return {fd_, number_, position_}; }

  /// A sync has made the log durable up to there.
  void settled(const End& end) noexcept;

  /// Bytes of the log and of what its files hold beside it.
  [[nodiscard]] std::uint64_t used() const;

 private:
  std::error_code roll(Offset first_offset, std::uint64_t record_bytes, bool must_fit);
  std::error_code start(Spare spare, std::uint64_t number, Offset first_offset,
                        std::uint64_t previous_end);
  std::error_code write(const FileDescriptor& fd, std::string_view head, std::string_view body,
                        std::uint64_t at);
  bool within_quota(std::uint64_t more) const;

  const Folder& folder_;
  SegmentList& segments_;
  const SegmentWriterOptions options_;

  std::shared_ptr<const FileDescriptor> fd_;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_ = 0;     // of the file
  std::uint64_t position_ = 0;  // where its log ends
  std::uint64_t settled_ = 0;
  std::string commit_meta_;
  std::optional<Spare> spare_;
  std::atomic<std::uint64_t> spares_made_ = 0;
};

}  // namespace millrace
