#include "fuzz/journal_script.hpp"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>
#include <variant>

#include "fuzz/check.hpp"
#include "journal/checksum.hpp"
#include "journal/format.hpp"
#include "journal/segment.hpp"

namespace millrace::fuzz {
namespace {

constexpr std::uint32_t kEpoch = 0x5f3a9c01;
constexpr std::uint64_t kSegmentBytes = 1024;
constexpr int kMostActs = 24;
const std::array<std::string, 3> kStreams{"a", "topic/b", ""};

// What the first start writes, but for the epoch, which it would take at random.
void begin_journal(const MemoryFolder& folder) {
  std::string bytes;
  encode(SegmentHeader{.epoch = kEpoch, .number = 1, .fingerprint = "fuzz"}, bytes);
  std::string record(kRecordHeaderSize, '\0');
  encode(Commit{}, record);
  const auto meta = std::string_view(record).substr(kRecordHeaderSize);
  seal({.kind = RecordKind::commit,
        .meta_size = static_cast<std::uint32_t>(meta.size()),
        .body_check = crc32c(meta),
        .settled = kSegmentHeaderSize},
       {kEpoch, 1, kSegmentHeaderSize}, record);
  record.resize((record.size() + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment);
  folder.save({{segment_name(1), bytes + record}});
}

class Writer {
 public:
  Writer(FuzzedDataProvider& in, const MemoryFolder& folder) : in_(in), folder_(folder) {}

  JournalScript run() {
    open();
    for (auto acts = in_.ConsumeIntegralInRange(0, kMostActs); acts > 0; --acts) act();
    return std::move(script_);
  }

 private:
  void open() {
    journal_.reset();
    journal_ = open_in(folder_);
    ++script_.starts;
  }

  void act() {
    switch (in_.ConsumeIntegralInRange(0, 7)) {
      case 0:
        cut();
        break;
      case 1:
        commit();
        break;
      case 2:
        static_cast<void>(drain(*journal_));
        break;
      case 3:
        open();
        break;
      default:
        chunk();
    }
  }

  void chunk() {
    Chunk chunk;
    chunk.stream = in_.PickValueInArray(kStreams);
    const std::size_t size = in_.PickValueInArray<std::size_t>({0, 1, 8, 40, 300, 1500});
    std::string bytes = in_.ConsumeRandomLengthString(std::min<std::size_t>(size, 40));
    if (size > bytes.size()) bytes.resize(size, 'x');
    chunk.bytes = Payload(bytes);
    chunk.redelivered = in_.ConsumeBool();
    if (in_.ConsumeBool()) {
      chunk.properties = std::make_shared<const Properties>(
          Properties{.content_type = in_.ConsumeRandomLengthString(8), .user = {{"k", "v"}}});
    }
    script_.entries.push_back({chunk.stream, true, std::move(bytes)});
    require(!journal_->append(std::move(chunk)), "a chunk can be appended");
  }

  void cut() {
    const auto stream = in_.PickValueInArray(kStreams);
    script_.entries.push_back({stream, false, {}});
    require(!journal_->append(Cut{.stream = stream}), "a cut can be appended");
  }

  // Never behind the one before it, as the pipeline does.
  void commit() {
    Commit commit;
    commit.watermark.offset =
        in_.ConsumeIntegralInRange<Offset>(script_.watermark.offset, script_.entries.size());
    commit.watermark = std::max(commit.watermark, script_.watermark);
    for (const auto& stream : kStreams) {
      if (commit.watermark.offset == 0 || !in_.ConsumeBool()) continue;
      const auto offset = in_.ConsumeIntegralInRange<Offset>(0, commit.watermark.offset - 1);
      // What an earlier commit has passed may have been unlinked.
      if (offset >= oldest_open_) commit.open.push_back({stream, {offset, 0, 0}});
    }
    oldest_open_ = commit.watermark.offset;
    for (const auto& frame : commit.open) {
      oldest_open_ = std::min(oldest_open_, frame.start.offset);
    }
    script_.watermark = commit.watermark;
    require(!journal_->commit(commit), "a commit can be recorded");
  }

  FuzzedDataProvider& in_;
  const MemoryFolder& folder_;
  JournalPtr journal_;
  JournalScript script_;
  Offset oldest_open_ = 0;
};

}  // namespace

JournalPtr open_in(const MemoryFolder& folder, bool accept_backlog) {
  JournalConfig config;
  config.path = folder.path();
  config.durability = Durability::process;
  config.max_bytes = 64U << 20U;
  OpenOptions options;
  options.fingerprint = "fuzz";
  options.accept_backlog = accept_backlog;
  options.segment_bytes = kSegmentBytes;
  static const auto files = std::make_shared<QuickFiles>();
  options.files = files;
  return open_durable_journal(config, options);
}

JournalScript write_journal(FuzzedDataProvider& in, const MemoryFolder& folder) {
  begin_journal(folder);
  return Writer(in, folder).run();
}

std::vector<Entry> drain(Journal& journal) {
  std::vector<Entry> entries;
  for (;;) {
    auto result = journal.read();
    if (std::holds_alternative<NothingToRead>(result)) return entries;
    if (const auto* error = std::get_if<std::error_code>(&result)) {
      fail("what was accepted can be read", error->message());
    }
    entries.push_back(std::get<Entry>(std::move(result)));
  }
}

}  // namespace millrace::fuzz
