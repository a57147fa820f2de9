#include "journal/repair.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "journal/checksum.hpp"
#include "journal/format.hpp"
#include "journal/journal_error.hpp"
#include "journal/segment.hpp"

namespace millrace {
namespace {

constexpr std::uint64_t kGapSize = 40;  // header and meta
// No segment is longer: 64 MiB, or one record with the largest MQTT packet (MQTT 5, 1.5.5).
constexpr std::uint64_t kLongestGap = 320ULL << 20U;

[[noreturn]] void give_up(const std::string& what, int error) {
  throw JournalError("journal: " + what + ": " + error_text(error) +
                     "; begin a fresh one with `millrace journal set-aside`");
}

/// Segment by segment, oldest first, as the end of each is where the next one's header points.
class Repair {
 public:
  Repair(const OfflineJournal& journal, std::chrono::system_clock::time_point now)
      : folder_(journal.folder()), found_(journal.found()), now_(now) {
    for (const auto& damage : found_.damages) damages_[damage.segment].push_back(damage);
  }

  RepairReport run() {
    std::map<std::uint64_t, const SegmentInfo*> segments;
    for (const auto& segment : found_.segments) segments[segment.number] = &segment;
    for (const auto& [number, damages] : damages_) segments.emplace(number, nullptr);
    for (auto segment = segments.begin(); segment != segments.end(); ++segment) {
      const auto next = std::next(segment);
      if (segment->second == nullptr) {
        const auto end = next == segments.end() ? std::nullopt : previous_end(next->first);
        make(segment->first, damages_[segment->first].front(), end);
      } else {
        mend(*segment->second);
      }
    }
    if (folder_.sync() != 0) give_up("cannot sync " + folder_.path(), errno);
    return {found_.damages, kept_};
  }

 private:
  // Where the header of this segment says that the one before ends.
  std::optional<std::uint64_t> previous_end(std::uint64_t number) const {
    const auto file = folder_.open(segment_name(number), O_RDONLY);
    std::string bytes(kSegmentHeaderSize, '\0');
    if (!file) return std::nullopt;
    const auto got = folder_.files().read(file.get(), bytes.data(), bytes.size(), 0);
    if (got != static_cast<ssize_t>(bytes.size())) return std::nullopt;
    const auto header = decode_segment_header(bytes);
    return header ? std::optional(header->previous_end) : std::nullopt;
  }

  std::string header(std::uint64_t number, Offset first_offset) const {
    std::string bytes;
    encode({.epoch = found_.epoch,
            .number = number,
            .first_offset = first_offset,
            .previous_end = end_,
            .fingerprint = found_.fingerprint},
           bytes);
    return bytes;
  }

  // A record from `position` to `end` that says which entries are lost.
  std::string gap(std::uint64_t number, std::uint64_t position, std::uint64_t end,
                  const Damage& damage) const {
    if (end < position + kGapSize) {
      throw JournalError("journal: " + damage.what +
                         ", too short for a repair; begin a fresh one "
                         "with `millrace journal set-aside`");
    }
    if (end - position > kLongestGap) {
      throw JournalError("journal: " + damage.what +
                         ", more than a segment can hold; begin a fresh one "
                         "with `millrace journal set-aside`");
    }
    std::string record(kRecordHeaderSize, '\0');
    encode_gap(damage.next, record);
    const std::string zeros(end - position - kGapSize, '\0');
    const auto meta = std::string_view(record).substr(kRecordHeaderSize);
    seal({.kind = RecordKind::gap,
          .offset = damage.first,
          .meta_size = static_cast<std::uint32_t>(meta.size()),
          .payload_size = static_cast<std::uint32_t>(zeros.size()),
          .body_check = crc32c(meta, crc32c(zeros)),
          .settled = static_cast<std::uint32_t>(position)},
         {found_.epoch, number, position}, record);
    return record + zeros;
  }

  // A segment that is missing, as one gap that ends where the next one says that it ended.
  void make(std::uint64_t number, const Damage& damage, std::optional<std::uint64_t> end) {
    const auto last = end.value_or(kSegmentHeaderSize + kGapSize);
    auto bytes = header(number, damage.first);
    bytes += gap(number, kSegmentHeaderSize, last, damage);
    replace(number, bytes);
    end_ = last;
  }

  void mend(const SegmentInfo& segment) {
    const auto damaged = damages_.find(segment.number);
    if (damaged != damages_.end()) {
      const auto name = segment_name(segment.number);
      keep(name);
      auto bytes = load(name);
      for (const auto& damage : damaged->second) {
        if (damage.kind == Damage::Kind::header) {
          bytes.replace(0, kSegmentHeaderSize, header(segment.number, segment.first_offset));
        } else {
          const auto record = gap(segment.number, damage.from, damage.to, damage);
          bytes.resize(std::max<std::size_t>(bytes.size(), damage.to));
          bytes.replace(damage.from, damage.to - damage.from, record);
        }
      }
      replace(segment.number, bytes);
    }
    end_ = segment.end.value_or(segment.bytes);
  }

  void keep(const std::string& name) {
    if (kept_.empty()) kept_ = make_dated_folder(folder_, "removed", now_);
    std::error_code error;
    const auto from = folder_.path() + "/" + name;
    std::filesystem::create_hard_link(from, kept_ + "/" + name, error);
    if (error) std::filesystem::copy_file(from, kept_ + "/" + name, error);
    if (error) give_up("cannot keep a copy of " + from, error.value());
  }

  std::string load(const std::string& name) const {
    const auto path = folder_.path() + "/" + name;
    std::error_code error;
    std::string bytes(std::filesystem::file_size(path, error), '\0');
    const auto file = folder_.open(name, O_RDONLY);
    if (error || !file) give_up("cannot open " + path, error ? error.value() : errno);
    const auto got = folder_.files().read(file.get(), bytes.data(), bytes.size(), 0);
    if (got < 0) give_up("cannot read " + path, errno);
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
  }

  // By a new file under the old name: what is kept shares the old one.
  void replace(std::uint64_t number, const std::string& bytes) const {
    const auto spare = std::string(kSparePrefix) + "repair";
    const auto file = folder_.open(spare, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) give_up("cannot write to " + folder_.path(), errno);
    const std::array<iovec, 1> all{{{const_cast<char*>(bytes.data()), bytes.size()}}};
    const auto written = folder_.files().write(file.get(), all, 0);
    if (written != static_cast<ssize_t>(bytes.size()) || folder_.files().sync(file.get()) != 0 ||
        folder_.rename(spare, segment_name(number)) != 0) {
      give_up("cannot write to " + folder_.path(), written < 0 || errno != 0 ? errno : EIO);
    }
  }

  const Folder& folder_;
  const Recovered& found_;
  const std::chrono::system_clock::time_point now_;
  std::map<std::uint64_t, std::vector<Damage>> damages_;
  std::string kept_;
  std::uint64_t end_ = 0;  // of the log of the segment before
};

}  // namespace

RepairReport repair_journal(const OfflineJournal& journal,
                            std::chrono::system_clock::time_point now) {
  if (journal.found().damages.empty()) return {};
  auto report = Repair(journal, now).run();
  const auto again = recover(journal.folder());
  if (!again.damages.empty()) {
    throw JournalError("journal: " + again.damages[0].what +
                       " even after the repair; begin a fresh one with `millrace journal "
                       "set-aside`. The files as they were are in " +
                       report.kept);
  }
  return report;
}

}  // namespace millrace
