// DurableLog: the journal in segment files.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "journal/file_layer.hpp"
#include "journal/lock.hpp"
#include "journal/recovery.hpp"
#include "journal/replay.hpp"
#include "journal/segment.hpp"
#include "journal/segment_writer.hpp"
#include "journal/tail.hpp"
#include "millrace/journal.hpp"

namespace millrace {

/// See FORMAT.md for what is on disk, `open_durable_journal` for how one comes to be.
///
/// A run begins a segment of its own, so that what an earlier one left is never written to again.
class DurableLog final : public Journal {
 public:
  /// Continues what was found; `begun()` says whether its first segment could be made.
  DurableLog(std::unique_ptr<const Folder> folder, std::optional<FolderLock> lock, Recovered found,
             SegmentWriterOptions options);

  [[nodiscard]] std::error_code begun() const noexcept { return begun_; }
  [[nodiscard]] std::size_t read_buffer() const noexcept { return tail_.buffer_size(); }

  /// Entries found that `read` is going to hand out.
  void waiting_at_start(std::uint64_t entries) noexcept { waiting_at_start_ = entries; }

  [[nodiscard]] std::error_code append(Chunk chunk) override;
  [[nodiscard]] std::error_code append(Cut cut) override;
  [[nodiscard]] ReadResult read() override;
  [[nodiscard]] std::uint64_t unread() const noexcept override;
  [[nodiscard]] std::error_code commit(const Commit& commit) override;
  [[nodiscard]] JournalState state() const override;
  [[nodiscard]] bool durable() const noexcept override { return true; }
  [[nodiscard]] std::uint32_t epoch() const noexcept override { return epoch_; }
  [[nodiscard]] Backlog backlog() const noexcept override {
    return {replay_.needed(), first_published_};
  }
  void on_append(std::function<void()> listener) override { listener_ = std::move(listener); }
  [[nodiscard]] std::error_code close() override;

 private:
  template <typename What>
  std::error_code store(RecordKind kind, std::uint8_t flags, const What& what,
                        std::string_view payload, std::uint32_t payload_check);
  template <typename What>
  std::error_code write(RecordKind kind, std::uint8_t flags, const What& what,
                        std::string_view payload, std::uint32_t payload_check, bool must_fit);
  std::error_code settle(const SegmentWriter::End& end, Offset behind);
  void prepare_spare();
  void fail(std::error_code error, const char* doing);

  const std::unique_ptr<const Folder> folder_;
  std::optional<FolderLock> lock_;
  const bool power_;
  const std::uint64_t limit_;
  const std::uint32_t epoch_;
  const Offset first_published_;
  std::uint64_t waiting_at_start_ = 0;
  std::error_code begun_;
  std::function<void()> listener_;
  const Replay replay_;
  SegmentList segments_;

  mutable std::mutex mutex_;  // of the writing end, down to failure_'s reason
  SegmentWriter writer_;
  std::string draft_;  // of the record being written
  Tail tail_;          // of the reader alone
  Offset next_offset_;
  Offset watermark_;
  std::error_code failure_;
  std::string reason_;

  std::atomic<Offset> published_;  // entries below it can be read
  std::atomic<Offset> looked_at_;  // entries below it have been
  std::atomic<std::uint64_t> delivered_ = 0;
};

}  // namespace millrace
