#include "dedupe/format.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "journal/checksum.hpp"
#include "journal/companions.hpp"
#include "journal/format_bytes.hpp"

namespace millrace {
namespace {

constexpr std::string_view kGenerationMagic = "millrace dedupe ";
constexpr std::size_t kGenerationCheckSize = 4;
constexpr std::size_t kDigits = 20;

std::uint32_t record_check(std::string_view record, const KeyPlace& place) {
  std::array<char, 20> salt;
  store(place.epoch, salt.data());
  store(place.generation, salt.data() + 4);
  store(place.record, salt.data() + 12);
  return crc32c(record.substr(kGenerationCheckSize), crc32c({salt.data(), salt.size()}));
}

}  // namespace

void encode(const GenerationHeader& header, std::string& to) {
  const auto begin = to.size();
  to.append(kGenerationMagic);
  BytesWriter out(to);
  out.number(header.version);
  out.number(header.epoch);
  out.number(header.number);
  out.number(header.previous);
  to.resize(begin + kGenerationHeaderSize - kGenerationCheckSize, '\0');
  out.number(crc32c(std::string_view(to).substr(begin)));
}

std::optional<GenerationHeader> decode_generation_header(std::string_view bytes) {
  bytes = bytes.substr(0, kGenerationHeaderSize);
  BytesReader in(bytes);
  if (in.take(kGenerationMagic.size()) != kGenerationMagic) return std::nullopt;
  GenerationHeader header;
  header.version = in.number<std::uint32_t>();
  if (in.ok() && header.version != kDedupeVersion) return header;
  header.epoch = in.number<std::uint32_t>();
  header.number = in.number<std::uint64_t>();
  header.previous = in.number<std::uint64_t>();
  (void)in.take(in.left() < kGenerationCheckSize ? 0 : in.left() - kGenerationCheckSize);
  const auto check = in.number<std::uint32_t>();
  if (!in.ok() || bytes.size() < kGenerationHeaderSize) return std::nullopt;
  if (check != crc32c(bytes.substr(0, kGenerationHeaderSize - kGenerationCheckSize)))
    return std::nullopt;
  return header;
}

void encode(const KeyRecord& record, const KeyPlace& place, std::string& to) {
  const auto begin = to.size();
  BytesWriter out(to);
  out.number(std::uint32_t{0});
  out.number(record.key.index);
  out.number(record.key.offset);
  to.append(record.key.digest.data(), record.key.digest.size());
  out.number(record.settled);
  out.number(std::uint32_t{0});
  store(record_check(std::string_view(to).substr(begin), place), to.data() + begin);
}

std::optional<KeyRecord> decode_key_record(std::string_view bytes, const KeyPlace& place) {
  bytes = bytes.substr(0, kKeyRecordSize);
  BytesReader in(bytes);
  KeyRecord record;
  const auto check = in.number<std::uint32_t>();
  record.key.index = in.number<std::uint32_t>();
  record.key.offset = in.number<std::uint64_t>();
  const auto digest = in.take(record.key.digest.size());
  record.settled = in.number<std::uint32_t>();
  (void)in.number<std::uint32_t>();
  if (!in.done() || check != record_check(bytes, place)) return std::nullopt;
  std::copy(digest.begin(), digest.end(), record.key.digest.begin());
  return record;
}

std::string generation_name(std::uint64_t number) {
  const auto digits = std::to_string(number);
  std::string name(kDedupePrefix);
  return name.append(kDigits - digits.size(), '0').append(digits);
}

std::optional<std::uint64_t> generation_number(std::string_view name) {
  if (name.size() != kDedupePrefix.size() + kDigits || !name.starts_with(kDedupePrefix)) {
    return std::nullopt;
  }
  const auto digits = name.substr(kDedupePrefix.size());
  std::uint64_t number = 0;
  const auto* const end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, number);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return number;
}

}  // namespace millrace
