// libFuzzer: the window of keys whose files were damaged, or forged with right checks, is read as a
// clean prefix of what was written, or refused in one line: no key is invented.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "dedupe/format.hpp"
#include "dedupe/generations.hpp"
#include "dedupe/key_log.hpp"
#include "fuzz/check.hpp"
#include "fuzz/damage.hpp"
#include "fuzz/memory_folder.hpp"
#include "journal/journal_error.hpp"

namespace {

using namespace millrace;
using namespace millrace::fuzz;

constexpr std::uint32_t kEpoch = 7;
constexpr KeyLogOptions kOptions{.epoch = kEpoch, .next = 1'000'000, .power = false};

Folder open_folder(const MemoryFolder& folder) {
  return {folder.path(), std::make_shared<QuickFiles>(), false};
}

SeenKey key_of(std::uint64_t number) {
  SeenKey key;
  key.offset = number;
  key.digest.fill(static_cast<char>(number));
  key.digest[0] = static_cast<char>(number >> 8);
  return key;
}

/// All that a fresh start finds, oldest first.
std::vector<SeenKey> found_in(const MemoryFolder& folder) {
  std::vector<SeenKey> found;
  static_cast<void>(read_generations(open_folder(folder), kEpoch,
                                     [&](const SeenKey& key) { found.push_back(key); }));
  return found;
}

// Answers how many keys were written, counted from 0 on.
std::uint64_t write_keys(FuzzedDataProvider& in, const MemoryFolder& folder, std::size_t capacity) {
  folder.save({});
  std::uint64_t next = 0;
  for (auto starts = in.ConsumeIntegralInRange(1, 3); starts > 0; --starts) {
    SeenKeys keys(capacity);
    KeyLog log(open_folder(folder), kOptions, keys);
    for (auto flushes = in.ConsumeIntegralInRange(0, 4); flushes > 0; --flushes) {
      for (auto adds = in.ConsumeIntegralInRange(1, 6); adds > 0; --adds) log.add(key_of(next++));
      require(!log.flush(), "keys can be written");
    }
  }
  return next;
}

void require_ascending(const std::vector<SeenKey>& keys, std::uint64_t count) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    require(keys[i] == key_of(keys[i].offset), "a key is as it was written");
    require(keys[i].offset == keys[0].offset + i, "no key is missing between others");
  }
  require(keys.empty() || keys.back().offset < count, "no key is invented");
}

// Reads it, then goes on and reads it again.
void check_opened(const MemoryFolder& folder, std::size_t capacity, std::uint64_t count) {
  require_ascending(found_in(folder), count);
  const auto more = key_of(count);
  {
    SeenKeys keys(capacity);
    KeyLog log(open_folder(folder), kOptions, keys);
    log.add(more);
    require(!log.flush(), "a window goes on");
  }
  SeenKeys keys(capacity);
  const KeyLog log(open_folder(folder), kOptions, keys);
  const auto* found = keys.find(more.digest);
  require(found != nullptr && *found == more, "a key that was written is found");
}

std::string forged_generation(FuzzedDataProvider& in, std::uint64_t number) {
  std::string bytes;
  encode(GenerationHeader{.epoch = kEpoch,
                          .number = number,
                          .previous = in.ConsumeIntegralInRange<std::uint64_t>(0, 6)},
         bytes);
  for (std::uint64_t record = in.ConsumeIntegralInRange<std::uint64_t>(0, 8), at = 0; at < record;
       ++at) {
    const bool any = in.ConsumeIntegralInRange(0, 7) == 0;
    const auto offset = any ? in.ConsumeIntegral<std::uint64_t>() : at;
    encode(KeyRecord{key_of(offset), in.ConsumeIntegral<std::uint8_t>()}, {kEpoch, number, at},
           bytes);
    if (any) bytes.resize(bytes.size() - in.ConsumeIntegralInRange<std::size_t>(0, 40));
  }
  return bytes;
}

void forged(FuzzedDataProvider& in, const MemoryFolder& folder) {
  Files files;
  for (std::uint64_t number = 1; number <= 3; ++number) {
    if (in.ConsumeBool()) files[generation_name(number)] = forged_generation(in, number);
  }
  if (in.ConsumeBool()) files[generation_name(2)] = in.ConsumeRemainingBytesAsString();
  folder.save(files);
  SeenKeys keys(4);
  const KeyLog log(open_folder(folder), kOptions, keys);
  keys.each([](const SeenKey& key) {
    require(key == key_of(key.offset), "a key is as it was forged");
    require(key.offset < kOptions.next, "a key of an event that is not yet is passed over");
  });
}

void damaged_keys(FuzzedDataProvider& in, const MemoryFolder& folder) {
  const auto capacity = in.ConsumeIntegralInRange<std::size_t>(1, 8);
  const auto count = write_keys(in, folder, capacity);
  const auto whole = found_in(folder);
  require_ascending(whole, count);
  require(whole.size() >= std::min<std::uint64_t>(count, capacity), "the window is full");
  folder.save(damaged(in, folder.load()));
  check_opened(folder, capacity, count);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const MemoryFolder folder;
  FuzzedDataProvider in(data, size);
  try {
    in.ConsumeBool() ? forged(in, folder) : damaged_keys(in, folder);
  } catch (const JournalError& error) {
    require_one_line(error.what());
  }
  return 0;
}
