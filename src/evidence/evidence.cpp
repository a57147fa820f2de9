#include "evidence/evidence.hpp"

#include <cstring>
#include <utility>

#include "event/event_id.hpp"
#include "evidence/whole_file.hpp"
#include "journal/journal_error.hpp"

namespace millrace {
namespace {

template <typename Found>
Found usable(std::variant<Found, Unusable> read, const Folder& folder, const char* name,
             const std::function<void(const std::string&)>& why) {
  if (auto* found = std::get_if<Found>(&read)) return std::move(*found);
  if (why) {
    why(folder.path() + "/" + name + " is not made use of: " + std::get<Unusable>(read).why +
        "; frames that crashed the process counted get all their attempts again");
  }
  return {};
}

void tell(const CrashCounts& counts, const EvidenceOptions& options) {
  if (!options.notice) return;
  for (const auto& [frame, count] : counts.frames) {
    const EventId id{options.epoch, frame.first, frame.second};
    const bool given_up = options.attempts != 0 && count.crashes >= options.attempts;
    options.notice({Severity::warning, "evidence",
                    "event " + to_string(id) + " was being worked on when the process crashed, " +
                        std::to_string(count.crashes) + " time(s), the last by " + describe(count) +
                        (given_up ? "; it is given up" : "; it is tried again")});
  }
}

// Also makes sure that what is counted now is not counted again, whenever this start is killed.
CrashCounts count_in(const Folder& folder, const EvidenceOptions& options) {
  const auto say = [&](const std::string& text) {
    if (options.notice) options.notice({Severity::warning, "evidence", text});
  };
  const auto read = read_crash_counts(folder, options.epoch);
  const auto* counted = std::get_if<CrashCounts>(&read);
  auto counts = pending_crashes(folder, options.epoch, options.backlog, say);
  if (counted == nullptr || counts.frames != counted->frames) {
    if (const auto error = replace_whole(folder, kCrashCountsName, encode(counts, options.epoch))) {
      throw JournalError("journal: cannot write " + folder.path() + "/" + kCrashCountsName + ": " +
                         error.message() + "; the folder must be writable and have room for it");
    }
  }
  tell(counts, options);
  return counts;
}

}  // namespace

CrashCounts pending_crashes(const Folder& folder, std::uint32_t epoch, const Backlog& backlog,
                            const std::function<void(const std::string&)>& why) {
  auto counts = usable(read_crash_counts(folder, epoch), folder, kCrashCountsName, why);
  counts.add(usable(read_crash_slots(folder, epoch), folder, kCrashSlotsName, why));
  counts.keep_only(backlog);
  return counts;
}

std::string describe(const CrashCounts::Count& count) {
  if (count.last_signal == 0) return "a call that had not returned after twice its timeout";
  const char* const name = ::sigabbrev_np(count.last_signal);
  return name != nullptr ? std::string("SIG") + name
                         : "signal " + std::to_string(count.last_signal);
}

Evidence::Evidence(const Folder& folder, const EvidenceOptions& options)
    : epoch_(options.epoch),
      counts_(count_in(folder, options)),
      slots_(folder, options.epoch, counts_.run + 1, options.workers) {}

unsigned Evidence::crashes(const EventId& id) const noexcept {
  if (counts_.frames.empty() || id.epoch != epoch_) return 0;
  const auto found = counts_.frames.find({id.offset, id.index});
  return found == counts_.frames.end() ? 0 : found->second.crashes;
}

void Evidence::hold(unsigned worker, const EventId& id, unsigned attempt) noexcept {
  CrashHandler::at_work(&slots_.hold(worker, id, attempt));
}

void Evidence::release(unsigned worker) noexcept {
  CrashHandler::at_work(nullptr);
  slots_.release(worker);
}

void Evidence::overran(unsigned worker) noexcept {
  slots_.overran(worker);
}

}  // namespace millrace
