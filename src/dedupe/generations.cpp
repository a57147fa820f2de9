#include "dedupe/generations.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "journal/journal_error.hpp"

namespace millrace {
namespace {

constexpr std::size_t kReadAhead = 1024;  // records

[[noreturn]] void refuse(const Folder& folder, std::uint64_t number, const std::string& why) {
  throw JournalError("journal: the dedupe window in " + folder.path() +
                     " cannot be used: " + generation_name(number) + " " + why +
                     "; nothing was changed. Without its dedupe- files an empty window begins, and "
                     "events whose keys it holds pass once more");
}

/// One generation's file, read front to back.
class Generation {
 public:
  Generation(const Folder& folder, std::uint64_t number)
      : folder_(folder), number_(number), file_(folder.open(generation_name(number), O_RDONLY)) {
    if (!file_) refuse(folder, number, errno == ENOENT ? "is missing" : cannot_be_read());
  }

  GenerationHeader header() {
    const auto header = decode_generation_header(read(0, kGenerationHeaderSize));
    if (!header) refuse(folder_, number_, "has a damaged header");
    if (header->version != kDedupeVersion) {
      refuse(folder_, number_,
             "has format version " + std::to_string(header->version) +
                 ", this program reads version " + std::to_string(kDedupeVersion));
    }
    if (header->number != number_) refuse(folder_, number_, "is another one under its name");
    return *header;
  }

  /// The record of that place; nothing where there is none, or a bad one.
  std::optional<KeyRecord> record(std::uint64_t place, std::uint32_t epoch) {
    return decode_key_record(bytes_of(place), {epoch, number_, place});
  }

  /// True while the file goes on behind that place with anything but zeros.
  bool goes_on(std::uint64_t place) {
    for (auto bytes = bytes_of(place); !bytes.empty(); bytes = bytes_of(++place)) {
      if (bytes.find_first_not_of('\0') != std::string_view::npos) return true;
    }
    return false;
  }

  [[nodiscard]] bool has(std::uint64_t place) { return !bytes_of(place).empty(); }

 private:
  static std::string cannot_be_read() { return "cannot be read: " + error_text(errno); }

  std::string_view bytes_of(std::uint64_t place) {
    if (place < first_ || place >= first_ + kReadAhead) {
      first_ = place;
      buffer_ = read(kGenerationHeaderSize + place * kKeyRecordSize, kReadAhead * kKeyRecordSize);
    }
    const auto at = static_cast<std::size_t>(place - first_) * kKeyRecordSize;
    return std::string_view(buffer_).substr(std::min(at, buffer_.size()), kKeyRecordSize);
  }

  std::string read(std::uint64_t at, std::size_t count) {
    std::string bytes(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
      const auto got = folder_.files().read(file_.get(), bytes.data() + filled, count - filled,
                                            static_cast<off_t>(at + filled));
      if (got == 0) break;
      if (got < 0 && errno != EINTR) refuse(folder_, number_, cannot_be_read());
      filled += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    }
    bytes.resize(filled);
    return bytes;
  }

  const Folder& folder_;
  const std::uint64_t number_;
  FileDescriptor file_;
  std::string buffer_;
  std::uint64_t first_ = std::uint64_t{0} - kReadAhead;  // record that the buffer begins with
};

// A good record behind a bad one, that says that the bad one was settled: no torn tail.
void refuse_settled(Generation& newest, const Folder& folder, const FoundGenerations& found,
                    std::uint32_t epoch) {
  for (auto place = found.records + 1; newest.has(place); ++place) {
    const auto record = newest.record(place, epoch);
    if (record && record->settled > found.records) {
      refuse(folder, found.number, "is damaged at record " + std::to_string(found.records));
    }
  }
}

void read_previous(const Folder& folder, std::uint64_t number, std::uint64_t records,
                   std::uint32_t epoch, const std::function<void(const SeenKey&)>& visit) {
  Generation previous(folder, number);
  if (previous.header().epoch != epoch) refuse(folder, number, "is of another journal");
  for (std::uint64_t place = 0; place < records; ++place) {
    const auto record = previous.record(place, epoch);
    if (!record) refuse(folder, number, "is damaged at record " + std::to_string(place));
    visit(record->key);
  }
}

}  // namespace

FoundGenerations read_generations(const Folder& folder, std::uint32_t epoch,
                                  const std::function<void(const SeenKey&)>& visit) {
  FoundGenerations found;
  for (const auto& name : folder.names()) {
    found.number = std::max(found.number, generation_number(name).value_or(0));
  }
  if (found.number == 0) return found;
  Generation newest(folder, found.number);
  const auto header = newest.header();
  if (header.epoch != epoch) return {};
  if (header.previous > 0) {
    read_previous(folder, found.number - 1, header.previous, epoch, visit);
  }
  while (const auto record = newest.record(found.records, epoch)) {
    visit(record->key);
    ++found.records;
  }
  refuse_settled(newest, folder, found, epoch);
  found.torn = newest.goes_on(found.records);
  return found;
}

}  // namespace millrace
