#include "dedupe/key_log.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "dedupe/format.hpp"
#include "dedupe/generations.hpp"
#include "journal/journal_error.hpp"

namespace millrace {
namespace {

constexpr auto kFreshName = "dedupe-new";

std::error_code last_error() {
  return {errno, std::generic_category()};
}

std::uint64_t place_of(std::uint64_t record) {
  return kGenerationHeaderSize + record * kKeyRecordSize;
}

}  // namespace

KeyLog::KeyLog(Folder folder, const KeyLogOptions& options, SeenKeys& keys)
    : folder_(std::move(folder)), options_(options), capacity_(keys.capacity()) {
  bool ahead = false;
  const auto found = read_generations(folder_, options_.epoch, [&](const SeenKey& key) {
    if (key.offset < options_.next) {
      keys.add(key);
    } else {
      ahead = true;
    }
  });
  std::error_code error;
  (void)folder_.remove(kFreshName);
  if (found.number == 0) {
    remove_all_but(0);
    error = begin(1, 0, {});
  } else if (found.torn || ahead) {
    std::vector<SeenKey> kept;
    keys.each([&](const SeenKey& key) { kept.push_back(key); });
    error = begin(found.number + 1, 0, kept);
  } else {
    number_ = found.number;
    records_ = found.records;
    file_ = folder_.open(generation_name(number_), O_RDWR);
    // What an earlier run left unsynced is called settled from now on.
    if (!file_ || (options_.power && folder_.files().sync(file_.get()) != 0)) error = last_error();
    synced_ = records_;
  }
  if (error) {
    throw JournalError("journal: cannot write the dedupe window in " + folder_.path() + ": " +
                       error.message() + "; it takes up to 80 bytes a key there, for " +
                       std::to_string(capacity_) + " keys");
  }
}

void KeyLog::add(const SeenKey& key) {
  const std::lock_guard lock(mutex_);
  added_.push_back(key);
}

std::error_code KeyLog::flush() {
  std::vector<SeenKey> keys;
  {
    const std::lock_guard lock(mutex_);
    if (added_.empty()) return failure_;
    keys.swap(added_);
  }
  if (!failure_) failure_ = write_pending(keys);
  return failure_;
}

std::error_code KeyLog::write_pending(const std::vector<SeenKey>& keys) {
  if (records_ >= capacity_) {
    if (auto error = begin(number_ + 1, records_, {})) return error;
  }
  if (auto error =
          write(file_, encoded(keys, number_, records_, !options_.power), place_of(records_)))
    return error;
  records_ += keys.size();
  if (!options_.power) return {};
  if (folder_.files().sync(file_.get()) != 0) return last_error();
  synced_ = records_;
  return {};
}

// `each_settles`: none of them is there without all before it.
std::string KeyLog::encoded(const std::vector<SeenKey>& keys, std::uint64_t number,
                            std::uint64_t first, bool each_settles) const {
  std::string bytes;
  bytes.reserve(keys.size() * kKeyRecordSize);
  for (auto place = first; const auto& key : keys) {
    const auto settled = static_cast<std::uint32_t>(each_settles ? place : synced_);
    encode({key, settled}, {options_.epoch, number, place}, bytes);
    ++place;
  }
  return bytes;
}

// Complete under its final name or not there at all, whenever the process is killed.
std::error_code KeyLog::begin(std::uint64_t number, std::uint64_t previous,
                              const std::vector<SeenKey>& keys) {
  auto file = folder_.open(kFreshName, O_RDWR | O_CREAT | O_TRUNC);
  if (!file) return last_error();
  const auto bytes = place_of(std::max<std::uint64_t>(capacity_, keys.size()));
  if (const int error = folder_.files().allocate(file.get(), static_cast<off_t>(bytes))) {
    (void)folder_.remove(kFreshName);
    return {error, std::generic_category()};
  }
  std::string content;
  encode({.epoch = options_.epoch, .number = number, .previous = previous}, content);
  content += encoded(keys, number, 0, true);
  if (auto error = write(file, content, 0)) return error;
  if (options_.power && folder_.files().sync(file.get()) != 0) return last_error();
  if (folder_.rename(kFreshName, generation_name(number)) != 0) return last_error();
  if (options_.power && folder_.sync() != 0) return last_error();
  file_ = std::move(file);
  number_ = number;
  records_ = synced_ = keys.size();
  remove_all_but(previous > 0 ? number - 1 : number);
  return {};
}

// A write that ends early counts as failed, as in the journal.
std::error_code KeyLog::write(const FileDescriptor& file, const std::string& bytes,
                              std::uint64_t at) const {
  const std::array<iovec, 1> all{{{const_cast<char*>(bytes.data()), bytes.size()}}};
  const auto written = folder_.files().write(file.get(), all, static_cast<off_t>(at));
  if (written < 0) return last_error();
  if (static_cast<std::size_t>(written) == bytes.size()) return {};
  return std::make_error_code(std::errc::io_error);
}

void KeyLog::remove_all_but(std::uint64_t first_kept) const {
  try {
    for (const auto& name : folder_.names()) {
      const auto number = generation_number(name);
      // One that stays costs its room until the next start, which does not read it.
      if (number && (first_kept == 0 || *number < first_kept)) (void)folder_.remove(name);
    }
  } catch (const JournalError&) {
    return;
  }
}

}  // namespace millrace
