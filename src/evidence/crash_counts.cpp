#include "evidence/crash_counts.hpp"

#include <string_view>

#include "evidence/whole_file.hpp"
#include "journal/checksum.hpp"
#include "journal/format_bytes.hpp"

namespace millrace {
namespace {

constexpr std::string_view kCountsMagic = "millrace counted";
constexpr std::uint32_t kCountsVersion = 1;
constexpr std::size_t kCountsCheckSize = 4;

}  // namespace

void CrashCounts::add(const CrashMarks& marks) {
  if (marks.run <= run) return;
  run = marks.run;
  for (const auto& mark : marks.marks) {
    Count& count = frames[{mark.offset, mark.index}];
    ++count.crashes;
    count.last_signal = mark.signal;
  }
}

void CrashCounts::keep_only(const Backlog& backlog) {
  std::erase_if(frames, [&](const auto& frame) {
    const Offset offset = frame.first.first;
    return offset < backlog.first || offset >= backlog.next;
  });
}

std::string encode(const CrashCounts& counts, std::uint32_t epoch) {
  std::string bytes(kCountsMagic);
  BytesWriter out(bytes);
  out.number(kCountsVersion);
  out.number(epoch);
  out.number(counts.run);
  out.number(static_cast<std::uint32_t>(counts.frames.size()));
  for (const auto& [frame, count] : counts.frames) {
    out.number(frame.first);
    out.number(frame.second);
    out.number(std::uint32_t{count.crashes});
    out.number(static_cast<std::uint32_t>(count.last_signal));
    out.number(std::uint32_t{0});
  }
  out.number(crc32c(bytes));
  return bytes;
}

std::variant<CrashCounts, Unusable> read_crash_counts(const Folder& folder, std::uint32_t epoch) {
  const auto bytes = read_whole(folder, kCrashCountsName);
  if (!bytes) return CrashCounts{};
  BytesReader in(*bytes);
  if (in.take(kCountsMagic.size()) != kCountsMagic) return Unusable{"it is damaged"};
  const auto version = in.number<std::uint32_t>();
  if (in.ok() && version != kCountsVersion) return Unusable{"it is of another format version"};
  const auto whose = in.number<std::uint32_t>();
  CrashCounts counts;
  counts.run = in.number<std::uint64_t>();
  for (auto entries = in.number<std::uint32_t>(); entries > 0 && in.ok(); --entries) {
    const auto offset = in.number<std::uint64_t>();
    const auto index = in.number<std::uint32_t>();
    auto& count = counts.frames[{offset, index}];
    count.crashes = in.number<std::uint32_t>();
    count.last_signal = static_cast<int>(in.number<std::uint32_t>());
    (void)in.number<std::uint32_t>();
  }
  const auto check = in.number<std::uint32_t>();
  if (!in.done() || check != crc32c(bytes->substr(0, bytes->size() - kCountsCheckSize))) {
    return Unusable{"it is damaged"};
  }
  if (whose != epoch) return CrashCounts{};
  return counts;
}

}  // namespace millrace
