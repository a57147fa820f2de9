// libFuzzer: a journal whose files were damaged is read as a clean prefix of what was written, or
// refused in one line; what a repair makes of it holds nothing that was not written, and everything
// that could still be read.
//
// Input: a script of a journal's life, then what is done to its files.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "fuzz/check.hpp"
#include "fuzz/damage.hpp"
#include "fuzz/journal_script.hpp"
#include "journal/format.hpp"
#include "journal/journal_error.hpp"
#include "journal/offline_journal.hpp"
#include "journal/recovery.hpp"
#include "journal/repair.hpp"
#include "journal/segment.hpp"

namespace {

using namespace millrace;
using namespace millrace::fuzz;

/// A record as it was written.
struct Place {
  std::uint64_t segment = 0;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  RecordKind kind = RecordKind::chunk;
  Offset offset = 0;
  Commit commit;
};

std::vector<Place> records_of(const MemoryFolder& folder, const JournalScript& script) {
  std::vector<Place> records;
  std::optional<Offset> next;  // the first segments may be unlinked
  const Folder journal(folder.path(), std::make_shared<QuickFiles>(), false);
  const auto found = recover(journal, [&](const Record& record, std::uint64_t segment) {
    const auto& header = record.header;
    Place place{segment,     record.position, record.position + record_size(header),
                header.kind, header.offset,   {}};
    if (header.kind == RecordKind::commit) place.commit = *decode_commit(record.meta);
    if (header.kind != RecordKind::commit) {
      require(header.offset == next.value_or(header.offset), "offsets are dense");
      next = header.offset + 1;
    }
    records.push_back(std::move(place));
  });
  require(found.damages.empty() && !found.torn, "what was written is intact");
  require(found.next_offset >= next.value_or(0) && found.next_offset == script.entries.size(),
          "everything was written");
  require(found.commit.watermark == script.watermark, "the last commit counts");
  return records;
}

/// What the damage has left of a journal.
class Remains {
 public:
  Remains(const std::vector<Place>& records, const Files& before, const Files& after)
      : records_(records), before_(before), after_(after) {
    for (const auto& [name, bytes] : after) {
      if (const auto number = segment_number(name)) newest_ = *number;
    }
  }

  [[nodiscard]] bool intact(const Place& record) const {
    return same(record.segment, record.from, record.to);
  }
  [[nodiscard]] bool header_intact(std::uint64_t segment) const {
    return same(segment, 0, kSegmentHeaderSize);
  }
  [[nodiscard]] bool there(std::uint64_t segment) const {
    return after_.contains(segment_name(segment));
  }
  [[nodiscard]] std::uint64_t newest() const { return newest_; }

  /// How many records are left where that is a clean prefix; nothing where it is none.
  [[nodiscard]] std::optional<std::size_t> prefix() const {
    std::size_t count = 0;
    bool begun = false;
    bool ended = false;
    for (std::size_t i = 0; i < records_.size() && records_[i].segment <= newest_; ++i) {
      const Place& record = records_[i];
      if (!there(record.segment)) {
        if (begun) return {};
        continue;
      }
      begun = true;
      if (!header_intact(record.segment)) return {};
      if (!intact(record)) {
        if (record.segment != newest_) return {};
        ended = true;
      } else if (ended) {
        return {};  // behind a bad one, which it shows to have been settled
      }
      if (!ended) count = i + 1;
    }
    if (front_needed(commit_of(count))) return {};
    return count;
  }

  /// The last commit among the first `count` records, of those that are left.
  [[nodiscard]] Commit commit_of(std::size_t count) const {
    Commit commit;
    for (std::size_t i = 0; i < count; ++i) {
      if (records_[i].kind == RecordKind::commit && there(records_[i].segment)) {
        commit = records_[i].commit;
      }
    }
    return commit;
  }

 private:
  // Whether the segments that are gone from the front hold anything that this commit needs.
  [[nodiscard]] bool front_needed(const Commit& commit) const {
    Offset needed = commit.watermark.offset;
    for (const auto& frame : commit.open) needed = std::min(needed, frame.start.offset);
    for (const auto& record : records_) {
      if (there(record.segment)) return record.offset > needed;
    }
    return true;
  }

  [[nodiscard]] bool same(std::uint64_t segment, std::uint64_t from, std::uint64_t to) const {
    const auto file = after_.find(segment_name(segment));
    if (file == after_.end() || file->second.size() < to) return false;
    return file->second.compare(from, to - from, before_.at(file->first), from, to - from) == 0;
  }

  const std::vector<Place>& records_;
  const Files& before_;
  const Files& after_;
  std::uint64_t newest_ = 0;
};

/// Offset, and from which byte on.
using Wanted = std::vector<std::pair<Offset, std::uint64_t>>;

Wanted wanted(const JournalScript& script, const std::vector<Place>& records,
              const Remains& remains, std::size_t prefix) {
  const Commit commit = remains.commit_of(prefix);
  std::set<Offset> written;
  for (std::size_t i = 0; i < prefix; ++i) {
    if (records[i].kind != RecordKind::commit) written.insert(records[i].offset);
  }
  Wanted wanted;
  for (const Offset offset : written) {
    bool needed = offset >= commit.watermark.offset;
    for (const auto& frame : commit.open) {
      needed |= frame.stream == script.entries[offset].stream && frame.start.offset <= offset;
    }
    if (needed) wanted.emplace_back(offset, 0);
  }
  return wanted;
}

bool is_written(const Entry& entry, const JournalScript& script) {
  if (entry.offset >= script.entries.size()) return false;
  const Written& written = script.entries[entry.offset];
  if (const auto* chunk = std::get_if<Chunk>(&entry.what)) {
    return written.chunk && written.stream == chunk->stream && written.bytes == chunk->bytes.view();
  }
  return !written.chunk && written.stream == std::get<Cut>(entry.what).stream;
}

void require_entries(const std::vector<Entry>& entries, const Wanted& wanted,
                     const JournalScript& script) {
  require(entries.size() == wanted.size(), "the entries are those of the prefix",
          std::to_string(entries.size()) + " of " + std::to_string(wanted.size()));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    require(entries[i].offset == wanted[i].first, "the entries are those of the prefix");
    require(entries[i].from_byte == wanted[i].second, "they begin where the commit says");
    require(is_written(entries[i], script), "an entry is as it was written");
  }
}

// Goes on in what is left: what is written behind a torn tail is there at the next start.
void check_prefix(const MemoryFolder& folder, const JournalScript& script, Wanted wanted,
                  Offset next) {
  auto journal = open_in(folder);
  require(journal->unread() == wanted.size(), "unread says what is there");
  require_entries(drain(*journal), wanted, script);
  JournalScript longer = script;
  longer.entries.resize(next);
  longer.entries.push_back({"more", true, "more bytes"});
  wanted.emplace_back(next, 0);
  Chunk chunk;
  chunk.stream = "more";
  chunk.bytes = Payload(std::string("more bytes"));
  require(!journal->append(std::move(chunk)), "a journal goes on");
  journal.reset();
  journal = open_in(folder);
  require_entries(drain(*journal), wanted, longer);
}

bool repaired(const MemoryFolder& folder) {
  try {
    static_cast<void>(repair_journal(OfflineJournal(folder.path()), {}));
    return true;
  } catch (const JournalError& error) {
    require_one_line(error.what());
    return false;
  }
}

// No commit covers it, its record is intact, and so is what says where that stands.
std::set<Offset> readable(const JournalScript& script, const std::vector<Place>& records,
                          const Remains& remains) {
  std::set<Offset> offsets;
  for (const auto& record : records) {
    if (record.kind != RecordKind::chunk || record.offset < script.watermark.offset) continue;
    if (remains.intact(record) && remains.header_intact(record.segment)) {
      offsets.insert(record.offset);
    }
  }
  return offsets;
}

void check_repair(const MemoryFolder& folder, const JournalScript& script,
                  std::set<Offset> readable) {
  const auto entries = drain(*open_in(folder, true));
  Offset last = 0;
  for (const auto& entry : entries) {
    require(entry.offset >= last, "entries are in order");
    last = entry.offset;
    // A gap is read as cuts of the streams that were seen before it.
    if (std::holds_alternative<Cut>(entry.what)) continue;
    require(is_written(entry, script), "a repair invents nothing");
    readable.erase(entry.offset);
  }
  require(readable.empty(), "a repair loses nothing that can be read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const MemoryFolder folder;
  FuzzedDataProvider in(data, size);
  const auto script = write_journal(in, folder);
  const auto records = records_of(folder, script);
  const auto before = folder.load();
  const auto after = damaged(in, before);
  folder.save(after);

  const Remains remains(records, before, after);
  if (remains.newest() == 0) return 0;
  const auto prefix = remains.prefix();
  std::optional<std::string> refusal;
  try {
    static_cast<void>(open_in(folder));
  } catch (const JournalError& error) {
    require_one_line(error.what());
    refusal = error.what();
  }
  if (!prefix) {
    require(refusal.has_value(), "damage is refused");
  } else {
    require(!refusal, "a clean prefix is accepted", refusal.value_or(""));
  }
  folder.save(after);
  if (refusal) {
    require(folder.load() == after, "a refusal changes nothing");
    if (repaired(folder)) check_repair(folder, script, readable(script, records, remains));
    return 0;
  }
  Offset next = 0;
  for (std::size_t i = 0; i < *prefix; ++i) {
    const bool entry = records[i].kind != RecordKind::commit;
    next = std::max(next, records[i].offset + (entry ? 1 : 0));
  }
  check_prefix(folder, script, wanted(script, records, remains, *prefix), next);
  return 0;
}
