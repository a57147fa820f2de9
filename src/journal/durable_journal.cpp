#include "journal/durable_journal.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "journal/durable_log.hpp"
#include "journal/journal_error.hpp"

namespace millrace {
namespace {

constexpr std::uint64_t kLargestSegment = 64ULL << 20U;
constexpr std::uint64_t kBlock = 4096;
constexpr std::uint64_t kSegmentsInQuota = 16;

std::uint64_t segment_bytes(const JournalConfig& config, const OpenOptions& options) {
  if (options.segment_bytes > 0) return options.segment_bytes;
  const auto share = std::min<std::uint64_t>(config.max_bytes / kSegmentsInQuota, kLargestSegment);
  return std::max(share / kBlock, std::uint64_t{1}) * kBlock;
}

void check_fingerprint(const Recovered& found, const OpenOptions& options, const Folder& folder) {
  if (found.fresh || found.fingerprint == options.fingerprint || !found.backlog()) return;
  if (options.accept_backlog) return;
  throw JournalError(
      "journal: " + folder.path() + " holds " +
      std::to_string(found.next_offset - found.commit.watermark.offset) +
      " entries made under another source, framing or processing configuration; let that "
      "configuration finish them, take them with --accept-backlog, or put them away with "
      "`millrace journal set-aside`");
}

void say(const OpenOptions& options, Severity severity, std::string text) {
  if (options.notice) options.notice({severity, "journal", std::move(text)});
}

// How many of the entries found will be read again: all behind the watermark, and before it those
// of streams with a frame open.
std::uint64_t count_waiting(const Folder& folder, const Recovered& found) {
  if (found.fresh) return 0;
  Offset bound = std::min(found.commit.watermark.offset + 1, found.next_offset);
  if (!found.gaps.empty()) bound = std::max(bound, found.gaps.back().next);
  const SegmentList segments(found.segments);
  const Replay replay(found.commit);
  Tail tail(folder, segments, found.epoch, replay, !found.gaps.empty());
  std::uint64_t count = 0;
  for (;;) {
    const auto result = tail.next(bound);
    if (std::holds_alternative<NothingToRead>(result)) break;
    if (const auto* error = std::get_if<std::error_code>(&result)) {
      throw JournalError("journal: cannot read " + folder.path() + ": " + error->message());
    }
    ++count;
  }
  return count + (found.next_offset - bound);
}

}  // namespace

JournalPtr open_durable_journal(const JournalConfig& config, const OpenOptions& options) {
  auto folder = std::make_unique<const Folder>(
      config.path, options.files ? options.files : std::make_shared<FileLayer>(), true);
  refuse_other_files(*folder);
  std::optional<FolderLock> lock(std::in_place, *folder);
  Recovered found = recover(*folder);
  refuse_damage(found, *folder);
  check_fingerprint(found, options, *folder);
  const auto waiting = count_waiting(*folder, found);
  if (found.torn) {
    say(options, Severity::warning, found.torn->what + "; the log ends before it");
  }
  const bool power = config.durability == Durability::power;
  if (power) sync_segments(*folder, found);
  give_back_room(*folder, found);

  SegmentWriterOptions writer{.epoch = found.fresh ? std::random_device{}() : found.epoch,
                              .fingerprint = options.fingerprint,
                              .segment_bytes = segment_bytes(config, options),
                              .max_bytes = config.max_bytes,
                              .power = power};
  const auto& path = config.path;
  auto journal = std::make_unique<DurableLog>(std::move(folder), std::move(lock), std::move(found),
                                              std::move(writer));
  if (journal->begun()) {
    throw JournalError("journal: cannot begin a segment in " + path + ": " +
                       journal->begun().message() +
                       "; the folder must be writable and have room for a segment (a sixteenth of "
                       "journal.max_bytes, at most 64 MiB)");
  }
  journal->waiting_at_start(waiting);
  return journal;
}

}  // namespace millrace
