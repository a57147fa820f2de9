#include "evidence/crash_slots.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>

#include "evidence/whole_file.hpp"
#include "journal/checksum.hpp"
#include "journal/journal_error.hpp"

namespace millrace {
namespace {

constexpr std::size_t kSlotSize = sizeof(CrashSlot);
constexpr std::uint32_t kSlotsVersion = 1;

struct Header {
  std::array<char, 16> magic{'m', 'i', 'l', 'l', 'r', 'a', 'c', 'e',
                             ' ', 'c', 'r', 'a', 's', 'h', 'e', 's'};
  std::uint32_t version = kSlotsVersion;
  std::uint32_t epoch = 0;
  std::uint64_t run = 0;
  std::uint32_t slots = 0;
  std::uint32_t check = 0;
};

std::uint32_t check_of(const Header& header) {
  return crc32c({reinterpret_cast<const char*>(&header), offsetof(Header, check)});
}

// Of the frame alone: a slot that was being written when the host went down names none.
std::uint32_t check_of(const CrashSlot& slot) {
  constexpr auto kBegin = offsetof(CrashSlot, offset);
  return crc32c(
      {reinterpret_cast<const char*>(&slot) + kBegin, offsetof(CrashSlot, check) - kBegin});
}

[[noreturn]] void fail(const Folder& folder, int error) {
  throw JournalError("journal: cannot make " + folder.path() + "/" + kCrashSlotsName + ": " +
                     error_text(error) + "; the folder must be writable and have room for it");
}

}  // namespace

CrashSlots::CrashSlots(const Folder& folder, std::uint32_t epoch, std::uint64_t run,
                       unsigned workers)
    : size_((1 + std::size_t{workers}) * kSlotSize) {
  const auto fresh = std::string(kCrashSlotsName) + ".new";
  const auto file = folder.open(fresh, O_RDWR | O_CREAT | O_TRUNC);
  if (!file) fail(folder, errno);
  // Every block is there before it is mapped: a full disk must not kill the process by a store.
  if (const int error = folder.files().allocate(file.get(), static_cast<off_t>(size_))) {
    (void)folder.remove(fresh);
    fail(folder, error);
  }
  void* const memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) fail(folder, errno);
  memory_ = static_cast<std::byte*>(memory);
  Header header{.epoch = epoch, .run = run, .slots = workers};
  header.check = check_of(header);
  std::memcpy(memory_, &header, sizeof(header));
  for (unsigned worker = 0; worker < workers; ++worker) {
    new (memory_ + (1 + worker) * kSlotSize) CrashSlot{};
  }
  if (folder.rename(fresh, kCrashSlotsName) != 0) {
    const int error = errno;
    ::munmap(memory_, size_);
    fail(folder, error);
  }
}

CrashSlots::~CrashSlots() {
  ::munmap(memory_, size_);
}

CrashSlot& CrashSlots::slot(unsigned worker) noexcept {
  return *std::launder(reinterpret_cast<CrashSlot*>(memory_ + (1 + worker) * kSlotSize));
}

CrashSlot& CrashSlots::hold(unsigned worker, const EventId& id, unsigned attempt) noexcept {
  CrashSlot& mine = slot(worker);
  mine.offset = id.offset;
  mine.index = id.index;
  mine.attempt = attempt;
  mine.check = check_of(mine);
  mine.state.store(CrashSlot::held, std::memory_order_release);
  return mine;
}

void CrashSlots::release(unsigned worker) noexcept {
  slot(worker).state.store(CrashSlot::free, std::memory_order_release);
}

void CrashSlots::overran(unsigned worker) noexcept {
  // A crash that comes first stays what it is.
  std::uint32_t expected = CrashSlot::held;
  slot(worker).state.compare_exchange_strong(expected, CrashSlot::overran);
}

std::variant<CrashMarks, Unusable> read_crash_slots(const Folder& folder, std::uint32_t epoch) {
  const auto bytes = read_whole(folder, kCrashSlotsName);
  if (!bytes) return CrashMarks{};
  Header header;
  if (bytes->size() < sizeof(header)) return Unusable{"it is damaged"};
  std::memcpy(&header, bytes->data(), sizeof(header));
  if (header.magic != Header{}.magic) return Unusable{"it is damaged"};
  if (header.version != kSlotsVersion) return Unusable{"it is of another format version"};
  if (header.check != check_of(header)) return Unusable{"it is damaged"};
  if (header.epoch != epoch) return CrashMarks{};
  CrashMarks found{.run = header.run, .marks = {}};
  for (std::size_t at = kSlotSize; at + kSlotSize <= bytes->size(); at += kSlotSize) {
    CrashSlot slot{};
    // Its bytes are its value: lock-free atomics of whole words.
    std::memcpy(static_cast<void*>(&slot), bytes->data() + at, kSlotSize);
    const auto state = slot.state.load();
    if (state != CrashSlot::crashed && state != CrashSlot::overran) continue;
    if (slot.check != check_of(slot)) continue;
    const int signal = state == CrashSlot::crashed ? static_cast<int>(slot.signal.load()) : 0;
    found.marks.push_back({slot.offset, slot.index, signal});
  }
  return found;
}

}  // namespace millrace
