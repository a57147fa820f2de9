// CrashSlots: what every worker is doing, where the end of the process does not reach it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "journal/file_layer.hpp"
#include "millrace/frame.hpp"

namespace millrace {

/// One worker's slot, as FORMAT.md lays it out. The state is stored last and read first.
struct alignas(64) CrashSlot {
  enum State : std::uint32_t { free = 0, held = 1, crashed = 2, overran = 3 };

  std::atomic<std::uint32_t> state;
  std::atomic<std::uint32_t> signal;
  std::uint64_t offset;
  std::uint32_t index;
  std::uint32_t attempt;
  std::uint32_t check;

  /// Only stores: for a signal handler.
  void mark_crashed(int number) noexcept {
    signal.store(static_cast<std::uint32_t>(number), std::memory_order_relaxed);
    state.store(crashed, std::memory_order_release);
  }
};
static_assert(sizeof(CrashSlot) == 64 && std::atomic<std::uint32_t>::is_always_lock_free);

/// A frame that a run's slots accuse.
struct CrashMark {
  Offset offset = 0;
  std::uint32_t index = 0;
  int signal = 0;  ///< 0: its call did not return
};

/// What the slots of an earlier run say.
struct CrashMarks {
  std::uint64_t run = 0;
  std::vector<CrashMark> marks;
};

/// Why a file of evidence is not made use of.
struct Unusable {
  std::string why;
};

/// The file `crash-slots` of this run, mapped.
///
/// Threads: each slot is `hold`'s and `release`'s by one at a time, as a worker's number is;
/// `overran` on any while it is held.
class CrashSlots {
 public:
  /// Replaces the file by one of this run. Errors: throws `JournalError`.
  CrashSlots(const Folder& folder, std::uint32_t epoch, std::uint64_t run, unsigned workers);
  ~CrashSlots();
  CrashSlots(const CrashSlots&) = delete;
  CrashSlots& operator=(const CrashSlots&) = delete;

  CrashSlot& hold(unsigned worker, const EventId& id, unsigned attempt) noexcept;
  void release(unsigned worker) noexcept;
  void overran(unsigned worker) noexcept;

 private:
  CrashSlot& slot(unsigned worker) noexcept;

  std::byte* memory_ = nullptr;
  std::size_t size_ = 0;
};

inline constexpr auto kCrashSlotsName = "crash-slots";

/// Reads what an earlier run left; nothing where there is no file, or it is another journal's.
[[nodiscard]] std::variant<CrashMarks, Unusable> read_crash_slots(const Folder& folder,
                                                                  std::uint32_t epoch);

}  // namespace millrace
