#include "journal/durable_log.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "journal/checksum.hpp"

namespace millrace {

DurableLog::DurableLog(std::unique_ptr<const Folder> folder, std::optional<FolderLock> lock,
                       Recovered found, SegmentWriterOptions options)
    : folder_(std::move(folder)),
      lock_(std::move(lock)),
      power_(options.power),
      limit_(options.max_bytes),
      epoch_(options.epoch),
      first_published_(found.next_offset),
      replay_(std::move(found.commit)),
      segments_(std::move(found.segments)),
      writer_(*folder_, segments_, std::move(options)),
      tail_(*folder_, segments_, epoch_, replay_, !found.gaps.empty()),
      next_offset_(found.next_offset),
      watermark_(replay_.last().watermark.offset),
      published_(found.next_offset),
      looked_at_(tail_.position()) {
  const auto segments = segments_.all();
  std::string meta;
  encode(replay_.last(), meta);
  begun_ = segments.empty() ? writer_.begin(1, 0, 0, std::move(meta))
                            : writer_.begin(segments.back().number + 1, next_offset_,
                                            segments.back().end.value_or(0), std::move(meta));
}

std::error_code DurableLog::append(Chunk chunk) {
  const auto payload = chunk.bytes.view();
  const auto check = crc32c(payload);
  return store(RecordKind::chunk, flags_of(chunk), chunk, payload, check);
}

std::error_code DurableLog::append(Cut cut) {
  return store(RecordKind::cut, 0, cut, {}, 0);
}

template <typename What>
std::error_code DurableLog::store(RecordKind kind, std::uint8_t flags, const What& what,
                                  std::string_view payload, std::uint32_t payload_check) {
  SegmentWriter::End end;
  Offset behind = 0;
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return failure_;
    const bool must_fit = kind != RecordKind::chunk || next_offset_ == watermark_;
    if (auto error = write(kind, flags, what, payload, payload_check, must_fit)) return error;
    behind = ++next_offset_;
    end = writer_.end();
    if (!power_) published_.store(behind, std::memory_order_release);
  }
  if (power_) {
    if (auto error = settle(end, behind)) return error;
  }
  if (listener_) listener_();
  return {};
}

template <typename What>
std::error_code DurableLog::write(RecordKind kind, std::uint8_t flags, const What& what,
                                  std::string_view payload, std::uint32_t payload_check,
                                  bool must_fit) {
  draft_.assign(kRecordHeaderSize, '\0');
  encode(what, draft_);
  const auto meta = std::string_view(draft_).substr(kRecordHeaderSize);
  const RecordHeader header{.kind = kind,
                            .flags = flags,
                            .offset = next_offset_,
                            .meta_size = static_cast<std::uint32_t>(meta.size()),
                            .payload_size = static_cast<std::uint32_t>(payload.size()),
                            .body_check = crc32c(meta, payload_check)};
  const auto error = writer_.append({header, &draft_, payload}, must_fit);
  if (error && error != std::errc::no_buffer_space) fail(error, "writing");
  return error;
}

// An entry can be read once it is settled: a result must not be older than what it was made of.
std::error_code DurableLog::settle(const SegmentWriter::End& end, Offset behind) {
  const bool synced = folder_->files().sync(end.fd->get()) == 0;
  const std::error_code error{synced ? 0 : errno, std::generic_category()};
  const std::lock_guard lock(mutex_);
  if (failure_) return failure_;
  if (error) {
    fail(error, "syncing");
    return error;
  }
  writer_.settled(end);
  published_.store(std::max(published_.load(std::memory_order_relaxed), behind),
                   std::memory_order_release);
  return {};
}

ReadResult DurableLog::read() {
  auto result = tail_.next(published_.load(std::memory_order_acquire));
  looked_at_.store(tail_.position(), std::memory_order_release);
  if (std::holds_alternative<Entry>(result)) {
    delivered_.fetch_add(1, std::memory_order_release);
  } else if (const auto* error = std::get_if<std::error_code>(&result)) {
    const std::lock_guard lock(mutex_);
    if (!failure_) fail(*error, "reading");
  }
  return result;
}

std::uint64_t DurableLog::unread() const noexcept {
  const auto delivered = delivered_.load(std::memory_order_acquire);
  return waiting_at_start_ + published_.load(std::memory_order_acquire) - first_published_ -
         delivered;
}

std::error_code DurableLog::commit(const Commit& commit) {
  const Commit effective = replay_.continued(commit);
  const auto needed = std::min(Replay::needed_in(effective), looked_at_.load());
  SegmentWriter::End end;
  Offset behind = 0;
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return failure_;
    if (auto error = write(RecordKind::commit, 0, effective, {}, 0, true)) return error;
    writer_.remember_commit(std::string_view(draft_).substr(kRecordHeaderSize));
    watermark_ = effective.watermark.offset;
    end = writer_.end();
    behind = next_offset_;
  }
  // Before anything is unlinked: were that to outlive the record, the journal would look damaged.
  if (power_) {
    if (auto error = settle(end, behind)) return error;
  }
  for (const auto& segment : segments_.take_before(needed)) {
    // One that stays costs its room until the next start, which finds it again.
    (void)folder_->remove(segment_name(segment.number));
  }
  prepare_spare();
  return {};
}

// Here and not in an append, so that no source waits for it.
void DurableLog::prepare_spare() {
  {
    const std::lock_guard lock(mutex_);
    if (failure_ || !writer_.wants_spare()) return;
  }
  SegmentWriter::Spare spare;
  // Without one, the append that needs it tries again, and says what is wrong.
  if (writer_.make_spare(writer_.segment_bytes(), spare)) return;
  const std::lock_guard lock(mutex_);
  writer_.offer(std::move(spare));
}

JournalState DurableLog::state() const {
  const std::lock_guard lock(mutex_);
  const auto entries = next_offset_ - std::min(watermark_, next_offset_);
  return {.writable = !failure_,
          .reason = reason_,
          .entries = entries,
          // Segments kept for a frame that stays incomplete alone must not keep the source paused:
          // without it nothing ever completes that frame, or lets it time out.
          .bytes = entries == 0 ? 0 : writer_.used(),
          .limit = limit_};
}

std::error_code DurableLog::close() {
  const std::lock_guard lock(mutex_);
  writer_.remove_spare();
  const auto end = writer_.end();
  if (!failure_ && folder_->files().sync(end.fd->get()) != 0) {
    fail({errno, std::generic_category()}, "syncing");
  }
  if (!failure_ && folder_->sync() != 0) fail({errno, std::generic_category()}, "syncing");
  const auto error = failure_;
  failure_ = std::make_error_code(std::errc::bad_file_descriptor);
  reason_ = "closed";
  lock_.reset();
  return error;
}

void DurableLog::fail(std::error_code error, const char* doing) {
  failure_ = error;
  reason_ =
      std::string("journal: ") + doing + " in " + folder_->path() + " failed: " + error.message();
}

}  // namespace millrace
