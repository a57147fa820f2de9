#include "journal/format.hpp"

#include <array>
#include <utility>

#include "journal/checksum.hpp"
#include "journal/format_bytes.hpp"

namespace millrace {
namespace {

constexpr std::string_view kMagic = "millrace journal";
constexpr std::size_t kChunkTimeSize = 8;
constexpr std::size_t kCutFixedSize = 9;

// Where the fields of a record header stand.
constexpr std::size_t kBodyCheckAt = 4;
constexpr std::size_t kOffsetAt = 8;
constexpr std::size_t kMetaSizeAt = 16;
constexpr std::size_t kPayloadSizeAt = 20;
constexpr std::size_t kKindAt = 24;
constexpr std::size_t kFlagsAt = 25;
constexpr std::size_t kReservedAt = 26;
constexpr std::size_t kSettledAt = 28;

std::uint32_t header_check(std::string_view header, const RecordPlace& place) {
  std::array<char, 20> salt;
  store(place.epoch, salt.data());
  store(place.segment, salt.data() + 4);
  store(place.position, salt.data() + 12);
  return crc32c(header.substr(kBodyCheckAt, kRecordHeaderSize - kBodyCheckAt),
                crc32c({salt.data(), salt.size()}));
}

bool is_kind(std::uint8_t value) {
  return value >= static_cast<std::uint8_t>(RecordKind::chunk) &&
         value <= static_cast<std::uint8_t>(RecordKind::gap);
}

void put(BytesWriter& out, const Point& point) {
  out.number(point.offset);
  out.number(point.byte);
  out.number(point.index);
}

Point get_point(BytesReader& in) {
  Point point;
  point.offset = in.number<std::uint64_t>();
  point.byte = in.number<std::uint64_t>();
  point.index = in.number<std::uint32_t>();
  return point;
}

void put(BytesWriter& out, const Properties& properties) {
  out.text(properties.content_type);
  out.text(properties.correlation_data);
  out.text(properties.response_topic);
  out.number(static_cast<std::uint8_t>((properties.utf8_payload ? 1 : 0) |
                                       (properties.message_expiry ? 2 : 0)));
  out.number(properties.message_expiry.value_or(0));
  out.number(static_cast<std::uint32_t>(properties.user.size()));
  for (const auto& [key, value] : properties.user) {
    out.text(key);
    out.text(value);
  }
}

Properties get_properties(BytesReader& in) {
  Properties properties;
  properties.content_type = in.text();
  properties.correlation_data = in.text();
  properties.response_topic = in.text();
  const auto bits = in.number<std::uint8_t>();
  properties.utf8_payload = (bits & 1U) != 0;
  const auto expiry = in.number<std::uint32_t>();
  if ((bits & 2U) != 0) properties.message_expiry = expiry;
  for (auto count = in.number<std::uint32_t>(); count > 0 && in.ok(); --count) {
    const auto key = in.text();
    properties.user.emplace_back(key, in.text());
  }
  return properties;
}

}  // namespace

std::uint64_t record_size(const RecordHeader& header) noexcept {
  const auto bytes = kRecordHeaderSize + std::uint64_t{header.meta_size} + header.payload_size;
  return (bytes + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

void encode(const SegmentHeader& header, std::string& to) {
  const auto begin = to.size();
  to.append(kMagic);
  BytesWriter out(to);
  out.number(header.version);
  out.number(header.epoch);
  out.number(header.number);
  out.number(header.first_offset);
  out.number(header.previous_end);
  out.text(header.fingerprint.substr(0, kFingerprintSize));
  to.resize(begin + kSegmentHeaderSize - sizeof(std::uint32_t), '\0');
  out.number(crc32c(std::string_view(to).substr(begin)));
}

std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) {
  BytesReader in(bytes.substr(0, kSegmentHeaderSize));
  if (in.take(kMagic.size()) != kMagic) return std::nullopt;
  SegmentHeader header;
  header.version = in.number<std::uint32_t>();
  if (in.ok() && header.version != kFormatVersion) return header;
  header.epoch = in.number<std::uint32_t>();
  header.number = in.number<std::uint64_t>();
  header.first_offset = in.number<std::uint64_t>();
  header.previous_end = in.number<std::uint64_t>();
  header.fingerprint = in.text();
  const auto checked = kSegmentHeaderSize - sizeof(std::uint32_t);
  if (!in.ok() || bytes.size() < kSegmentHeaderSize) return std::nullopt;
  const auto check = BytesReader(bytes.substr(checked)).number<std::uint32_t>();
  if (check != crc32c(bytes.substr(0, checked))) return std::nullopt;
  return header;
}

void seal(const RecordHeader& header, const RecordPlace& place, std::string& record) {
  char* const to = record.data();
  store(header.body_check, to + kBodyCheckAt);
  store(header.offset, to + kOffsetAt);
  store(header.meta_size, to + kMetaSizeAt);
  store(header.payload_size, to + kPayloadSizeAt);
  store(static_cast<std::uint8_t>(header.kind), to + kKindAt);
  store(header.flags, to + kFlagsAt);
  store(std::uint16_t{0}, to + kReservedAt);
  store(header.settled, to + kSettledAt);
  store(header_check(record, place), to);
}

std::optional<RecordHeader> decode_record_header(std::string_view bytes, const RecordPlace& place) {
  bytes = bytes.substr(0, kRecordHeaderSize);
  BytesReader in(bytes);
  RecordHeader header;
  const auto check = in.number<std::uint32_t>();
  header.body_check = in.number<std::uint32_t>();
  header.offset = in.number<std::uint64_t>();
  header.meta_size = in.number<std::uint32_t>();
  header.payload_size = in.number<std::uint32_t>();
  const auto kind = in.number<std::uint8_t>();
  header.flags = in.number<std::uint8_t>();
  const auto reserved = in.number<std::uint16_t>();
  header.settled = in.number<std::uint32_t>();
  if (!in.ok() || !is_kind(kind) || reserved != 0) return std::nullopt;
  if (check != header_check(bytes, place)) return std::nullopt;
  header.kind = static_cast<RecordKind>(kind);
  return header;
}

std::uint8_t flags_of(const Chunk& chunk) noexcept {
  return static_cast<std::uint8_t>((chunk.redelivered ? kRedelivered : 0) |
                                   (chunk.properties ? kWithProperties : 0));
}

void encode(const Chunk& chunk, std::string& to) {
  BytesWriter out(to);
  const auto received =
      std::chrono::duration_cast<std::chrono::nanoseconds>(chunk.received.time_since_epoch());
  out.number(static_cast<std::uint64_t>(received.count()));
  out.text(chunk.stream);
  if (chunk.properties) put(out, *chunk.properties);
}

void encode(const Cut& cut, std::string& to) {
  BytesWriter out(to);
  out.number(static_cast<std::uint8_t>(cut.cause == CutCause::timed_out ? 1 : 0));
  out.number(cut.last_read);
  out.text(cut.stream);
}

void encode(const Commit& commit, std::string& to) {
  BytesWriter out(to);
  put(out, commit.watermark);
  out.number(static_cast<std::uint32_t>(commit.open.size()));
  out.number(static_cast<std::uint32_t>(commit.done.size()));
  for (const auto& frame : commit.open) {
    put(out, frame.start);
    out.text(frame.stream);
  }
  for (const auto& frame : commit.done) {
    out.number(frame.offset);
    out.number(frame.index);
  }
}

void encode_gap(Offset next, std::string& to) {
  BytesWriter(to).number(next);
}

std::optional<Chunk> decode_chunk(std::string_view meta, std::uint8_t flags) {
  BytesReader in(meta);
  Chunk chunk;
  const auto received = static_cast<std::int64_t>(in.number<std::uint64_t>());
  chunk.received = std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::nanoseconds(received)));
  chunk.stream = in.text();
  chunk.redelivered = (flags & kRedelivered) != 0;
  if ((flags & kWithProperties) != 0) {
    chunk.properties = std::make_shared<const Properties>(get_properties(in));
  }
  if (!in.done()) return std::nullopt;
  return chunk;
}

std::optional<Cut> decode_cut(std::string_view meta) {
  BytesReader in(meta);
  Cut cut;
  const auto cause = in.number<std::uint8_t>();
  cut.cause = cause == 1 ? CutCause::timed_out : CutCause::closed;
  cut.last_read = in.number<std::uint64_t>();
  cut.stream = in.text();
  if (!in.done() || cause > 1) return std::nullopt;
  return cut;
}

std::optional<Commit> decode_commit(std::string_view meta) {
  BytesReader in(meta);
  Commit commit;
  commit.watermark = get_point(in);
  const auto open = in.number<std::uint32_t>();
  const auto done = in.number<std::uint32_t>();
  for (std::uint32_t count = 0; count < open && in.ok(); ++count) {
    const auto start = get_point(in);
    commit.open.push_back({std::string(in.text()), start});
  }
  for (std::uint32_t count = 0; count < done && in.ok(); ++count) {
    const auto offset = in.number<std::uint64_t>();
    commit.done.push_back({offset, in.number<std::uint32_t>()});
  }
  if (!in.done()) return std::nullopt;
  return commit;
}

std::optional<Offset> decode_gap(std::string_view meta) {
  BytesReader in(meta);
  const auto next = in.number<std::uint64_t>();
  if (!in.done()) return std::nullopt;
  return next;
}

std::string_view stream_of(RecordKind kind, std::string_view meta) {
  BytesReader in(meta);
  (void)in.take(kind == RecordKind::chunk ? kChunkTimeSize : kCutFixedSize);
  return in.text();
}

}  // namespace millrace
