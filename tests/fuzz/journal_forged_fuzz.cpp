// libFuzzer: segment files whose checks are right, whatever they say, or that are just bytes: they
// are read as they are or refused in one line, by the program and by its tools.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <string>

#include "fuzz/check.hpp"
#include "fuzz/journal_script.hpp"
#include "journal/checksum.hpp"
#include "journal/format.hpp"
#include "journal/journal_error.hpp"
#include "journal/offline_journal.hpp"
#include "journal/repair.hpp"
#include "journal/segment.hpp"

namespace {

using namespace millrace;
using namespace millrace::fuzz;

constexpr std::uint32_t kEpoch = 7;
constexpr int kMostSegments = 3;
constexpr int kMostRecords = 8;

// Mostly small, so that values meet; now and then any.
std::uint64_t number(FuzzedDataProvider& in) {
  if (in.ConsumeIntegralInRange(0, 15) == 0) return in.ConsumeIntegral<std::uint64_t>();
  return in.ConsumeIntegralInRange<std::uint64_t>(0, 12);
}

// Small or absurd: a repair fills what is between with zeros, which teaches nothing and takes long.
std::uint64_t end_of_segment(FuzzedDataProvider& in) {
  constexpr std::uint64_t kLarge = 1ULL << 20U;
  constexpr std::uint64_t kAbsurd = 1ULL << 30U;
  const auto end = number(in);
  return end < kAbsurd ? end % kLarge : end;
}

Point point(FuzzedDataProvider& in) {
  return {number(in), number(in), static_cast<std::uint32_t>(number(in))};
}

Commit commit(FuzzedDataProvider& in) {
  Commit commit;
  commit.watermark = point(in);
  while (commit.open.size() < 3 && in.ConsumeBool()) {
    commit.open.push_back({in.ConsumeRandomLengthString(2), point(in)});
  }
  while (commit.done.size() < 3 && in.ConsumeBool()) {
    commit.done.push_back({number(in), static_cast<std::uint32_t>(number(in))});
  }
  return commit;
}

Chunk chunk(FuzzedDataProvider& in) {
  Chunk chunk;
  chunk.stream = in.ConsumeRandomLengthString(3);
  chunk.redelivered = in.ConsumeBool();
  if (in.ConsumeBool()) {
    Properties properties;
    properties.content_type = in.ConsumeRandomLengthString(4);
    if (in.ConsumeBool()) properties.message_expiry = in.ConsumeIntegral<std::uint32_t>();
    properties.user = {{in.ConsumeRandomLengthString(4), in.ConsumeRandomLengthString(4)}};
    chunk.properties = std::make_shared<const Properties>(std::move(properties));
  }
  return chunk;
}

// Answers the flags; a meta made of anything at all is among them.
std::uint8_t meta(FuzzedDataProvider& in, RecordKind kind, std::string& to) {
  if (in.ConsumeIntegralInRange(0, 3) == 0) {
    to += in.ConsumeRandomLengthString(64);
    return in.ConsumeIntegral<std::uint8_t>();
  }
  switch (kind) {
    case RecordKind::chunk: {
      const auto made = chunk(in);
      encode(made, to);
      return flags_of(made);
    }
    case RecordKind::cut:
      encode(Cut{.stream = in.ConsumeRandomLengthString(3), .last_read = number(in)}, to);
      break;
    case RecordKind::commit:
      encode(commit(in), to);
      break;
    case RecordKind::gap:
      encode_gap(number(in), to);
      break;
  }
  return 0;
}

struct Log {
  std::uint64_t segment = 1;
  Offset next = 0;
  std::uint64_t previous_end = 0;
};

std::string forged_record(FuzzedDataProvider& in, Log& log, std::uint64_t position) {
  RecordHeader header;
  header.kind = static_cast<RecordKind>(in.ConsumeIntegralInRange(1, 4));
  std::string record(kRecordHeaderSize, '\0');
  header.flags = meta(in, header.kind, record);
  const auto payload = in.ConsumeRandomLengthString(24);
  const auto bytes = std::string_view(record).substr(kRecordHeaderSize);
  header.offset = in.ConsumeIntegralInRange(0, 7) == 0 ? number(in) : log.next;
  header.meta_size = static_cast<std::uint32_t>(bytes.size());
  header.payload_size = static_cast<std::uint32_t>(payload.size());
  header.body_check = crc32c(bytes, crc32c(payload));
  header.settled = static_cast<std::uint32_t>(position);
  seal(header, {kEpoch, log.segment, position}, record);
  record += payload;
  record.resize((record.size() + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment);
  const bool entry = header.kind == RecordKind::chunk || header.kind == RecordKind::cut;
  log.next = header.offset + (entry ? 1 : 0);
  return record;
}

std::string forged_segment(FuzzedDataProvider& in, Log& log) {
  SegmentHeader header;
  header.epoch = in.ConsumeIntegralInRange(0, 15) == 0 ? kEpoch + 1 : kEpoch;
  header.number = log.segment;
  header.first_offset = in.ConsumeIntegralInRange(0, 7) == 0 ? number(in) : log.next;
  header.previous_end =
      in.ConsumeIntegralInRange(0, 7) == 0 ? end_of_segment(in) : log.previous_end;
  header.fingerprint = "fuzz";
  std::string bytes;
  encode(header, bytes);
  for (auto left = in.ConsumeIntegralInRange(0, kMostRecords); left > 0; --left) {
    bytes += forged_record(in, log, bytes.size());
  }
  log.previous_end = bytes.size();
  bytes += in.ConsumeRandomLengthString(16);
  return bytes;
}

Files forged(FuzzedDataProvider& in) {
  Log log;
  Files files;
  for (auto left = in.ConsumeIntegralInRange(1, kMostSegments); left > 0; --left) {
    const bool far = in.ConsumeIntegralInRange(0, 15) == 0;
    log.segment += far ? 1 + number(in) % (std::uint64_t{1} << 62) : 1;
    const bool any = in.ConsumeIntegralInRange(0, 15) == 0;
    files[segment_name(log.segment)] =
        any ? in.ConsumeRandomLengthString(512) : forged_segment(in, log);
  }
  return files;
}

// What the tools do with it.
void read_offline(const MemoryFolder& folder) {
  try {
    OfflineJournal journal(folder.path());
    journal.waiting([](const Entry&) {});
    const auto skipped = journal.skip({kEpoch, 1, 0}, false);
    if (const auto* not_waiting = std::get_if<OfflineJournal::NotWaiting>(&skipped)) {
      require_one_line(not_waiting->why);
    }
  } catch (const JournalError& error) {
    require_one_line(error.what());
  }
}

void repair(const MemoryFolder& folder) {
  try {
    static_cast<void>(repair_journal(OfflineJournal(folder.path()), {}));
  } catch (const JournalError& error) {
    require_one_line(error.what());
  }
}

// Reads all, goes on writing, and is read once more.
void use(const MemoryFolder& folder) {
  try {
    auto journal = open_in(folder, true);
    const auto unread = journal->unread();
    require(drain(*journal).size() == unread, "unread says what is there");
    Chunk more;
    more.stream = "more";
    require(!journal->append(std::move(more)), "a journal goes on");
    require(drain(*journal).size() == 1, "what is appended can be read");
    static_cast<void>(journal->state());
    require(!journal->close(), "a journal can be closed");
  } catch (const JournalError& error) {
    require_one_line(error.what());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const MemoryFolder folder;
  FuzzedDataProvider in(data, size);
  const auto files = forged(in);
  folder.save(files);
  use(folder);
  folder.save(files);
  read_offline(folder);
  folder.save(files);
  repair(folder);
  use(folder);
  return 0;
}
