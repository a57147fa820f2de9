#include "journal/recovery.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "journal/format.hpp"
#include "journal/journal_error.hpp"
#include "journal/lock.hpp"
#include "journal/recovery_scan.hpp"
#include "journal/replay.hpp"

namespace millrace {
namespace {

std::uint64_t size_of(const Folder& folder, const FileDescriptor& file, const std::string& name) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    throw JournalError("journal: cannot look at " + folder.path() + "/" + name + ": " +
                       error_text(errno));
  }
  return static_cast<std::uint64_t>(status.st_size);
}

struct SegmentFile {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  std::optional<SegmentHeader> header;
};

SegmentFile read_header(const Folder& folder, std::uint64_t number) {
  const auto name = segment_name(number);
  const auto file = folder.open(name, O_RDONLY);
  std::string bytes(kSegmentHeaderSize, '\0');
  const auto got = file ? folder.files().read(file.get(), bytes.data(), bytes.size(), 0) : -1;
  if (got < 0) {
    throw JournalError("journal: cannot read " + folder.path() + "/" + name + ": " +
                       error_text(errno));
  }
  bytes.resize(static_cast<std::size_t>(got));
  SegmentFile segment{number, size_of(folder, file, name), decode_segment_header(bytes)};
  if (segment.header && segment.header->version != kFormatVersion) {
    throw JournalError("journal: " + folder.path() + "/" + name + " has format version " +
                       std::to_string(segment.header->version) + ", this program reads version " +
                       std::to_string(kFormatVersion) +
                       "; let the program that wrote it empty the journal, or put it away with "
                       "`millrace journal set-aside`");
  }
  if (segment.header && segment.header->number != number) segment.header.reset();
  return segment;
}

std::vector<SegmentFile> read_headers(const Folder& folder) {
  std::vector<SegmentFile> segments;
  for (const auto& name : folder.names()) {
    if (const auto number = segment_number(name)) segments.push_back(read_header(folder, *number));
  }
  return segments;
}

std::uint32_t common_epoch(const Folder& folder, const std::vector<SegmentFile>& segments) {
  std::optional<std::uint32_t> epoch;
  for (const auto& segment : segments) {
    if (!segment.header) continue;
    if (epoch && *epoch != segment.header->epoch) {
      throw JournalError("journal: " + folder.path() + "/" + segment_name(segment.number) +
                         " belongs to another journal than the segments before it; put the files "
                         "of only one back, or all away with `millrace journal set-aside`");
    }
    epoch = segment.header->epoch;
  }
  if (!epoch) {
    throw JournalError("journal: no segment in " + folder.path() +
                       " begins as one of a journal does; put the files away with "
                       "`millrace journal set-aside`");
  }
  return *epoch;
}

}  // namespace

void refuse_other_files(const Folder& folder) {
  std::string other;
  for (const auto& name : folder.names()) {
    if (name == kLockName || segment_number(name)) return;
    if (!name.starts_with('.')) other = name;
  }
  if (other.empty()) return;
  throw JournalError("journal: " + folder.path() + " holds other files, such as " + other +
                     ", and no journal; set journal.path to a folder of its own");
}

Recovered recover(const Folder& folder, const RecordVisitor& visit) {
  Recovered found;
  const auto files = read_headers(folder);
  if (files.empty()) return found;
  found.fresh = false;
  found.epoch = common_epoch(folder, files);

  RecoveryScan scan(folder, found, visit);
  for (std::size_t index = 0; index < files.size(); ++index) {
    const auto& file = files[index];
    const auto* next = index + 1 < files.size() ? &files[index + 1] : nullptr;
    if (index > 0 && file.number != files[index - 1].number + 1) {
      scan.missing(files[index - 1].number + 1, file.number - 1);
    }
    if (file.header) found.fingerprint = file.header->fingerprint;
    const bool adjacent = next != nullptr && next->number == file.number + 1 && next->header;
    scan.segment({.number = file.number,
                  .bytes = file.bytes,
                  .header = file.header,
                  .end = adjacent ? std::optional(next->header->previous_end) : std::nullopt,
                  .newest = next == nullptr});
  }
  scan.finish();
  return found;
}

void refuse_damage(const Recovered& recovered, const Folder& folder) {
  if (recovered.damages.empty()) return;
  const auto count = recovered.damages.size();
  throw JournalError("journal: " + folder.path() + " is damaged: " + recovered.damages[0].what +
                     (count > 1 ? " (and " + std::to_string(count - 1) + " more)" : "") +
                     "; nothing was changed. Look at it with `millrace journal stat`, then skip "
                     "what is lost with `millrace journal repair`, or begin a fresh one with "
                     "`millrace journal set-aside`");
}

void sync_segments(const Folder& folder, const Recovered& found) {
  for (const auto& segment : found.segments) {
    const auto name = segment_name(segment.number);
    const auto file = folder.open(name, O_RDONLY);
    if (!file || folder.files().sync(file.get()) != 0) {
      throw JournalError("journal: cannot sync " + folder.path() + "/" + name + ": " +
                         error_text(errno) + "; the disk or its file system needs attention");
    }
  }
}

void give_back_room(const Folder& folder, Recovered& found) {
  for (const auto& name : folder.names()) {
    if (name.starts_with(kSparePrefix)) (void)folder.remove(name);
  }
  if (found.segments.empty()) return;
  auto& newest = found.segments.back();
  const auto used = found.torn ? found.torn->to : newest.end.value_or(newest.bytes);
  const auto file = folder.open(segment_name(newest.number), O_WRONLY);
  if (used < newest.bytes && file && ::ftruncate(file.get(), static_cast<off_t>(used)) == 0) {
    newest.bytes = used;
  }
}

}  // namespace millrace
