#include "journal/offline_journal.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <utility>

#include "event/event_id.hpp"
#include "event/iso8601.hpp"
#include "journal/companions.hpp"
#include "journal/format.hpp"
#include "journal/journal_error.hpp"
#include "journal/replay.hpp"
#include "journal/segment_writer.hpp"

namespace millrace {
namespace {

Folder existing(const std::string& path) {
  Folder folder(path, std::make_shared<FileLayer>(), false);
  const auto names = folder.names();
  if (std::none_of(names.begin(), names.end(),
                   [](const auto& name) { return segment_number(name).has_value(); })) {
    throw JournalError("journal: there is none in " + path +
                       "; set journal.path to the folder of one");
  }
  return folder;
}

}  // namespace

OfflineJournal::OfflineJournal(const std::string& path)
    : folder_(existing(path)), lock_(folder_), found_(recover(folder_)) {}

void OfflineJournal::waiting(const std::function<void(const Entry&)>& visit) const {
  const Replay replay(found_.commit);
  (void)recover(folder_, [&](const Record& record, std::uint64_t) {
    const auto kind = record.header.kind;
    if (kind != RecordKind::chunk && kind != RecordKind::cut) return;
    if (const auto entry = replay.entry_of(record)) visit(*entry);
  });
}

std::variant<std::monostate, OfflineJournal::NotWaiting> OfflineJournal::skip(
    const EventId& id, bool one_frame_a_chunk) {
  refuse_damage(found_, folder_);
  if (id.epoch != found_.epoch) {
    const EventId ours{.epoch = found_.epoch, .offset = id.offset, .index = id.index};
    return NotWaiting{"it is of another journal: an id of this one looks like " + to_string(ours)};
  }
  bool waits = false;
  waiting([&](const Entry& entry) {
    waits = waits || (entry.offset == id.offset && std::holds_alternative<Chunk>(entry.what) &&
                      id.index >= entry.first_index &&
                      !std::binary_search(entry.done.begin(), entry.done.end(), id.index));
  });
  if (!waits || (one_frame_a_chunk && id.index > 0)) {
    return NotWaiting{"it does not wait there: it is done, or has never been"};
  }
  Commit commit = found_.commit;
  commit.done.push_back({id.offset, id.index});
  std::string meta;
  encode(commit, meta);
  sync_segments(folder_, found_);
  give_back_room(folder_, found_);
  SegmentList segments(found_.segments);
  constexpr std::uint64_t kSegmentBytes = 4096;  // nothing more comes into this one
  SegmentWriter writer(folder_, segments,
                       {.epoch = found_.epoch,
                        .fingerprint = found_.fingerprint,
                        .segment_bytes = kSegmentBytes,
                        .max_bytes = kSegmentBytes,
                        .power = true});
  const auto& newest = found_.segments.back();
  if (const auto error = writer.begin(newest.number + 1, found_.next_offset, newest.end.value_or(0),
                                      std::move(meta))) {
    throw JournalError("journal: cannot write to " + folder_.path() + ": " + error.message());
  }
  return std::monostate{};
}

std::string set_aside_journal(const std::string& path, std::chrono::system_clock::time_point now) {
  const Folder folder = existing(path);
  const FolderLock lock(folder);
  auto aside = make_dated_folder(folder, "set-aside", now);
  const auto move = [&](const std::string& name) {
    std::error_code error;
    const auto from = std::filesystem::path(path) / name;
    std::filesystem::rename(from, std::filesystem::path(aside) / name, error);
    if (error) {
      throw JournalError("journal: cannot move " + from.string() + " to " + aside + ": " +
                         error.message() + "; move the rest by hand");
    }
  };
  // The oldest first: were the newest gone and the others left, they would look complete. Then what
  // belongs to them: a journal that is still there must not lose it.
  for (const auto& name : folder.names()) {
    if (segment_number(name) || name.starts_with(kSparePrefix)) move(name);
  }
  for (const auto& name : folder.names()) {
    if (is_companion(name)) move(name);
  }
  (void)folder.sync();
  return aside;
}

std::string make_dated_folder(const Folder& folder, const std::string& prefix,
                              std::chrono::system_clock::time_point now) {
  auto time = iso8601(now);
  std::erase(time, ':');
  const auto name = folder.path() + "/" + prefix + "-" + time;
  auto made = name;
  for (int copy = 2; ::mkdir(made.c_str(), 0700) != 0; ++copy) {
    if (errno != EEXIST) {
      throw JournalError("journal: cannot create " + made + ": " + error_text(errno));
    }
    made = name + "-" + std::to_string(copy);
  }
  return made;
}

}  // namespace millrace
