// The dedupe window's format on disk: what FORMAT.md describes, between bytes and structs.
//
// Threads: pure functions. Errors: what cannot be decoded is `nullopt`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dedupe/seen_keys.hpp"

namespace millrace {

inline constexpr std::uint32_t kDedupeVersion = 1;
inline constexpr std::size_t kGenerationHeaderSize = 64;
inline constexpr std::size_t kKeyRecordSize = 40;

struct GenerationHeader {
  std::uint32_t version = kDedupeVersion;
  std::uint32_t epoch = 0;
  std::uint64_t number = 0;
  std::uint64_t previous = 0;  ///< records of the generation before that belong to the window
};

/// Where a record stands: part of its check.
struct KeyPlace {
  std::uint32_t epoch = 0;
  std::uint64_t generation = 0;
  std::uint64_t record = 0;  ///< from 0
};

struct KeyRecord {
  SeenKey key;
  std::uint32_t settled = 0;
};

void encode(const GenerationHeader& header, std::string& to);
void encode(const KeyRecord& record, const KeyPlace& place, std::string& to);

/// Of another version only that much.
[[nodiscard]] std::optional<GenerationHeader> decode_generation_header(std::string_view bytes);
[[nodiscard]] std::optional<KeyRecord> decode_key_record(std::string_view bytes,
                                                         const KeyPlace& place);

[[nodiscard]] std::string generation_name(std::uint64_t number);
[[nodiscard]] std::optional<std::uint64_t> generation_number(std::string_view name);

}  // namespace millrace
