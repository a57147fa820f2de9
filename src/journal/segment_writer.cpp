#include "journal/segment_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "journal/checksum.hpp"

namespace millrace {
namespace {

constexpr std::uint64_t kBlock = 4096;
constexpr std::uint64_t kReservedSegments = 2;
constexpr std::string_view kPadding("\0\0\0\0\0\0\0", kRecordAlignment - 1);

std::error_code last_error() {
  return {errno, std::generic_category()};
}

iovec part(std::string_view bytes) {
  return {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
}

}  // namespace

SegmentWriter::SegmentWriter(const Folder& folder, SegmentList& segments,
                             SegmentWriterOptions options)
    : folder_(folder), segments_(segments), options_(std::move(options)) {}

std::error_code SegmentWriter::begin(std::uint64_t number, Offset first_offset,
                                     std::uint64_t previous_end, std::string commit_meta) {
  commit_meta_ = std::move(commit_meta);
  Spare spare;
  const auto bytes = kSegmentHeaderSize + kRecordHeaderSize + commit_meta_.size() + kBlock;
  if (auto error = make_spare(std::max(options_.segment_bytes, bytes), spare)) return error;
  return start(std::move(spare), number, first_offset, previous_end);
}

std::error_code SegmentWriter::append(const Draft& draft, bool must_fit) {
  const auto size = record_size(draft.header);
  if (size > bytes_ - position_) {
    if (auto error = roll(draft.header.offset, size, must_fit)) return error;
  }
  RecordHeader header = draft.header;
  header.settled = static_cast<std::uint32_t>(options_.power ? settled_ : position_);
  seal(header, {options_.epoch, number_, position_}, *draft.record);
  if (auto error = write(*fd_, *draft.record, draft.payload, position_)) return error;
  position_ += size;
  segments_.written(position_);
  return {};
}

std::error_code SegmentWriter::roll(Offset first_offset, std::uint64_t record_bytes,
                                    bool must_fit) {
  const auto least = kSegmentHeaderSize + kRecordHeaderSize + commit_meta_.size() + record_bytes;
  const auto bytes = std::max(options_.segment_bytes, (least / kBlock + 1) * kBlock);
  Spare next;
  if (spare_ && spare_->bytes >= bytes) {
    std::swap(next, *spare_);
    spare_.reset();
  } else {
    remove_spare();
    if (!must_fit && !within_quota(bytes)) return std::make_error_code(std::errc::no_buffer_space);
    if (auto error = make_spare(bytes, next)) return error;
  }
  // A sync never reaches over to the file before: what is in that one must be settled now.
  if (options_.power && folder_.files().sync(fd_->get()) != 0) return last_error();
  // Room that a long record found too short is given back.
  if (bytes_ - position_ > options_.segment_bytes / 4 &&
      ::ftruncate(fd_->get(), static_cast<off_t>(position_)) == 0) {
    segments_.shrunk(number_, position_);
  }
  return start(std::move(next), number_ + 1, first_offset, position_);
}

std::error_code SegmentWriter::start(Spare spare, std::uint64_t number, Offset first_offset,
                                     std::uint64_t previous_end) {
  std::string head;
  encode({.epoch = options_.epoch,
          .number = number,
          .first_offset = first_offset,
          .previous_end = previous_end,
          .fingerprint = options_.fingerprint},
         head);
  std::string commit(kRecordHeaderSize, '\0');
  commit += commit_meta_;
  const RecordHeader header{.kind = RecordKind::commit,
                            .offset = first_offset,
                            .meta_size = static_cast<std::uint32_t>(commit_meta_.size()),
                            .body_check = crc32c(commit_meta_),
                            .settled = kSegmentHeaderSize};
  seal(header, {options_.epoch, number, kSegmentHeaderSize}, commit);
  if (auto error = write(spare.fd, head, commit, 0)) return error;
  if (options_.power && folder_.files().sync(spare.fd.get()) != 0) return last_error();
  // Complete under its final name or not there at all, whenever the process is killed.
  if (folder_.rename(spare.name, segment_name(number)) != 0) return last_error();
  if (options_.power && folder_.sync() != 0) return last_error();

  fd_ = std::make_shared<const FileDescriptor>(std::move(spare.fd));
  number_ = number;
  bytes_ = spare.bytes;
  position_ = kSegmentHeaderSize + record_size(header);
  segments_.extend(
      previous_end,
      {.number = number, .first_offset = first_offset, .end = {}, .bytes = spare.bytes}, position_);
  settled_ = position_;
  return {};
}

// A write that ends early counts as failed: on a preallocated file it means trouble, and whether
// its first part has really been stored cannot be known.
std::error_code SegmentWriter::write(const FileDescriptor& fd, std::string_view head,
                                     std::string_view body, std::uint64_t at) {
  const auto size = head.size() + body.size();
  const auto padding = (kRecordAlignment - size % kRecordAlignment) % kRecordAlignment;
  const std::array<iovec, 3> parts{part(head), part(body), part(kPadding.substr(0, padding))};
  const auto written = folder_.files().write(fd.get(), parts, static_cast<off_t>(at));
  if (written < 0) return last_error();
  if (static_cast<std::uint64_t>(written) != size + padding) {
    return std::make_error_code(std::errc::io_error);
  }
  return {};
}

bool SegmentWriter::wants_spare() const {
  return !spare_ && within_quota(options_.segment_bytes);
}

std::error_code SegmentWriter::make_spare(std::uint64_t bytes, Spare& spare) {
  spare.name = std::string(kSparePrefix) + std::to_string(++spares_made_);
  spare.bytes = bytes;
  spare.fd = folder_.open(spare.name, O_RDWR | O_CREAT | O_TRUNC);
  if (!spare.fd) return last_error();
  if (const int error = folder_.files().allocate(spare.fd.get(), static_cast<off_t>(bytes))) {
    (void)folder_.remove(spare.name);
    return {error, std::generic_category()};
  }
  return {};
}

void SegmentWriter::offer(Spare spare) {
  if (spare_) {
    (void)folder_.remove(spare.name);
  } else {
    spare_ = std::move(spare);
  }
}

void SegmentWriter::remove_spare() {
  if (spare_) (void)folder_.remove(spare_->name);
  spare_.reset();
}

void SegmentWriter::settled(const End& end) noexcept {
  if (end.segment == number_) settled_ = std::max(settled_, end.position);
}

std::uint64_t SegmentWriter::used() const {
  return segments_.bytes() - bytes_ + position_;
}

bool SegmentWriter::within_quota(std::uint64_t more) const {
  const auto reserved = kReservedSegments * options_.segment_bytes;
  const auto quota = std::max(options_.max_bytes, reserved + options_.segment_bytes) - reserved;
  return segments_.bytes() + (spare_ ? spare_->bytes : 0) + more <= quota;
}

}  // namespace millrace
