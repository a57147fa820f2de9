#include "journal/segment_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "journal/checksum.hpp"

namespace millrace {

SegmentReader::SegmentReader(FileLayer& files, FileDescriptor fd, std::uint32_t epoch,
                             std::uint64_t number)
    : files_(&files), fd_(std::move(fd)), epoch_(epoch), number_(number) {}

SegmentReader::Found SegmentReader::read_at(std::uint64_t position, std::uint64_t limit) {
  if (position + kRecordHeaderSize > limit) return Found::nothing;
  if (!fill(position, kRecordHeaderSize, limit)) return Found::failed;
  const auto header = decode_record_header(buffered(position), {epoch_, number_, position});
  if (!header) return Found::nothing;
  const auto size = record_size(*header);
  if (size > limit - position) return Found::nothing;
  if (!fill(position, size, limit)) return Found::failed;
  const auto bytes = buffered(position);
  if (bytes.size() < size) return Found::nothing;
  record_ = {.header = *header,
             .meta = bytes.substr(kRecordHeaderSize, header->meta_size),
             .payload = bytes.substr(kRecordHeaderSize + header->meta_size, header->payload_size),
             .position = position};
  const auto padding =
      bytes.substr(0, size).substr(kRecordHeaderSize + header->meta_size + header->payload_size);
  const bool intact = crc32c(record_.meta, crc32c(record_.payload)) == header->body_check &&
                      padding.find_first_not_of('\0') == std::string_view::npos;
  return intact ? Found::record : Found::nothing;
}

std::uint64_t SegmentReader::skip_zeros(std::uint64_t from, std::uint64_t limit) {
  while (from < limit) {
    if (!fill(from, 1, limit)) return from;
    const auto bytes = buffered(from).substr(0, limit - from);
    const auto at = bytes.find_first_not_of('\0');
    if (at != std::string_view::npos) return from + at;
    if (bytes.empty()) return limit;
    from += bytes.size();
  }
  return limit;
}

// Has `count` bytes from `position` in the buffer, or all that the file has of them.
bool SegmentReader::fill(std::uint64_t position, std::size_t count, std::uint64_t limit) {
  if (buffered(position).size() >= count) return true;
  const auto wanted = std::max(count, kReadAhead);
  if (wanted > size_ || size_ > std::max(wanted, kReadAhead)) {
    buffer_ = std::make_unique_for_overwrite<char[]>(wanted);
    size_ = wanted;
  }
  begin_ = position;
  filled_ = 0;
  const auto available = static_cast<std::size_t>(std::min<std::uint64_t>(size_, limit - position));
  while (filled_ < available) {
    const auto got = files_->read(fd_.get(), buffer_.get() + filled_, available - filled_,
                                  static_cast<off_t>(position + filled_));
    if (got == 0) break;
    if (got > 0) {
      filled_ += static_cast<std::size_t>(got);
    } else if (errno != EINTR) {
      error_ = {errno, std::generic_category()};
      filled_ = 0;
      return false;
    }
  }
  return true;
}

std::string_view SegmentReader::buffered(std::uint64_t position) const noexcept {
  if (position < begin_ || position >= begin_ + filled_) return {};
  const auto at = static_cast<std::size_t>(position - begin_);
  return {buffer_.get() + at, filled_ - at};
}

}  // namespace millrace
