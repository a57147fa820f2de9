// libFuzzer: files of evidence that are damaged or forged accuse nobody whom no run accused, and a
// start goes on with them or without.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "evidence/crash_counts.hpp"
#include "evidence/crash_slots.hpp"
#include "evidence/evidence.hpp"
#include "fuzz/check.hpp"
#include "fuzz/damage.hpp"
#include "fuzz/memory_folder.hpp"
#include "journal/journal_error.hpp"

namespace {

using namespace millrace;
using namespace millrace::fuzz;

constexpr std::uint32_t kEpoch = 7;
constexpr unsigned kWorkers = 4;

using Accused = std::set<std::pair<Offset, std::uint32_t>>;

// What a run leaves that crashed: slots as `CrashSlots` made them, some marked.
Accused write_slots(FuzzedDataProvider& in, const Folder& folder) {
  Accused accused;
  CrashSlots slots(folder, kEpoch, 3, kWorkers);
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    const EventId id{kEpoch, in.ConsumeIntegral<std::uint8_t>(),
                     in.ConsumeIntegral<std::uint8_t>()};
    auto& slot = slots.hold(worker, id, 1);
    switch (in.ConsumeIntegralInRange(0, 3)) {
      case 0:
        slot.mark_crashed(in.ConsumeIntegral<std::int8_t>());
        accused.insert({id.offset, id.index});
        break;
      case 1:
        slots.overran(worker);
        accused.insert({id.offset, id.index});
        break;
      case 2:
        slots.release(worker);
        break;
      default:
        break;
    }
  }
  return accused;
}

CrashCounts counts(FuzzedDataProvider& in) {
  CrashCounts counts;
  counts.run = in.ConsumeIntegralInRange<std::uint64_t>(0, 4);
  for (auto left = in.ConsumeIntegralInRange(0, 4); left > 0; --left) {
    auto& count = counts.frames[{in.ConsumeIntegral<std::uint8_t>(), 0}];
    count.crashes = in.ConsumeIntegral<unsigned>();
    count.last_signal = in.ConsumeIntegral<int>();
  }
  return counts;
}

void check(const Folder& folder, const Accused* accused) {
  std::size_t unusable = 0;
  const auto pending =
      pending_crashes(folder, kEpoch, {.first = 0, .next = 1'000'000}, [&](const std::string& why) {
        require_one_line(why);
        ++unusable;
      });
  require(unusable <= 2, "two files have two reasons");
  for (const auto& [frame, count] : pending.frames) {
    require_one_line(describe(count));
    // A flipped bit in a slot's state can turn a frame that was held into one that crashed.
    if (accused != nullptr) require(accused->contains(frame), "nobody else is accused");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const MemoryFolder memory;
  FuzzedDataProvider in(data, size);
  memory.save({});
  const Folder folder(memory.path(), std::make_shared<QuickFiles>(), false);
  auto accused = write_slots(in, folder);
  const auto counted = counts(in);
  for (const auto& [frame, count] : counted.frames) accused.insert(frame);
  auto files = memory.load();
  files[kCrashCountsName] = encode(counted, kEpoch);
  memory.save(files);
  require(std::get<CrashCounts>(read_crash_counts(folder, kEpoch)) == counted, "counts read back");
  check(folder, &accused);
  const auto changed = damaged(in, files);
  memory.save(changed);
  check(folder,
        changed.contains(kCrashSlotsName) && files[kCrashSlotsName] == changed.at(kCrashSlotsName)
            ? &accused
            : nullptr);
  try {
    const Evidence evidence(
        folder, {.epoch = kEpoch,
                 .backlog = {.first = 0, .next = 1'000'000},
                 .workers = kWorkers,
                 .attempts = 3,
                 .notice = [](const Notice& notice) { require_one_line(notice.text); }});
  } catch (const JournalError& error) {
    require_one_line(error.what());
  }
  return 0;
}
