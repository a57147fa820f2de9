// The journal's format on disk: what FORMAT.md describes, between bytes and structs.
//
// Threads: pure functions. Errors: what cannot be decoded is `nullopt`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/chunk.hpp"
#include "millrace/journal.hpp"

namespace millrace {

inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::size_t kSegmentHeaderSize = 256;
inline constexpr std::size_t kRecordHeaderSize = 32;
inline constexpr std::size_t kRecordAlignment = 8;
inline constexpr std::size_t kFingerprintSize = 64;  ///< at most

struct SegmentHeader {
  std::uint32_t version = kFormatVersion;
  std::uint32_t epoch = 0;
  std::uint64_t number = 0;
  Offset first_offset = 0;         ///< of the first entry that it can hold
  std::uint64_t previous_end = 0;  ///< bytes of the segment before it that are its log
  std::string fingerprint;         ///< of the configuration that its entries were made under
};

enum class RecordKind : std::uint8_t { chunk = 1, cut = 2, commit = 3, gap = 4 };

/// Where a record stands. It is part of the record's check, so that no copy of it counts anywhere
/// else, not in a payload, and not where a file system leaves old bytes behind.
struct RecordPlace {
  std::uint32_t epoch = 0;
  std::uint64_t segment = 0;
  std::uint64_t position = 0;  ///< of its first byte in the segment's file
};

struct RecordHeader {
  RecordKind kind = RecordKind::chunk;
  std::uint8_t flags = 0;
  Offset offset = 0;  ///< of this entry; of the next entry where the record is none
  std::uint32_t meta_size = 0;
  std::uint32_t payload_size = 0;
  std::uint32_t body_check = 0;  ///< CRC-32C of the payload followed by the meta
  std::uint32_t settled = 0;     ///< bytes of this file that could not be lost any more
};

inline constexpr std::uint8_t kRedelivered = 1;
inline constexpr std::uint8_t kWithProperties = 2;

/// Bytes that a record takes in its file.
[[nodiscard]] std::uint64_t record_size(const RecordHeader& header) noexcept;

void encode(const SegmentHeader& header, std::string& to);

/// What stands in front of a file of another version is decoded as far as that version's number.
[[nodiscard]] std::optional<SegmentHeader> decode_segment_header(std::string_view bytes);

/// Writes the header over the first bytes of `record`, which holds its meta behind them.
void seal(const RecordHeader& header, const RecordPlace& place, std::string& record);

/// From `kRecordHeaderSize` bytes; nothing where they are no header, or not this place's.
[[nodiscard]] std::optional<RecordHeader> decode_record_header(std::string_view bytes,
                                                               const RecordPlace& place);

// Metas. `encode` appends; the flags of a chunk are those to be decoded with.
[[nodiscard]] std::uint8_t flags_of(const Chunk& chunk) noexcept;
void encode(const Chunk& chunk, std::string& to);
void encode(const Cut& cut, std::string& to);
void encode(const Commit& commit, std::string& to);
/// A gap: entries from the record's offset up to `next` were given up by `millrace journal repair`.
void encode_gap(Offset next, std::string& to);

[[nodiscard]] std::optional<Chunk> decode_chunk(std::string_view meta, std::uint8_t flags);
[[nodiscard]] std::optional<Cut> decode_cut(std::string_view meta);
[[nodiscard]] std::optional<Commit> decode_commit(std::string_view meta);
[[nodiscard]] std::optional<Offset> decode_gap(std::string_view meta);

/// The stream of a chunk or a cut, without a copy.
[[nodiscard]] std::string_view stream_of(RecordKind kind, std::string_view meta);

}  // namespace millrace
