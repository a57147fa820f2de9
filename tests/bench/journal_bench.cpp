// bench_journal: the journal of durability process, alone.
//
//   bench_journal append COUNT BYTES FOLDER      appends, reads and commits; prints what an append
//   takes bench_journal fill COUNT BYTES FOLDER        leaves so many entries that wait
#include <chrono>
#include <cstdio>
#include <string>
#include <system_error>
#include <variant>

#include "journal/durable_journal.hpp"

namespace {

using namespace millrace;
using Clock = std::chrono::steady_clock;

constexpr int kBatch = 64;

Chunk chunk_of(const Payload& payload) {
  return {.stream = "events/a",
          .bytes = payload,
          .properties = nullptr,
          .received = std::chrono::system_clock::now()};
}

// Reads what is there and says that it is done, so that segments are unlinked as in service.
bool consume(Journal& journal) {
  Offset end = 0;
  for (;;) {
    auto result = journal.read();
    const auto* entry = std::get_if<Entry>(&result);
    if (entry == nullptr) break;
    end = entry->offset + 1;
  }
  return !journal.commit({.watermark = {end, 0, 0}, .open = {}, .done = {}});
}

bool append(Journal& journal, int count, std::size_t bytes) {
  const Payload payload(std::string(bytes, 'x'));
  Clock::duration spent{};
  for (int done = 0; done < count; done += kBatch) {
    const auto start = Clock::now();
    for (int i = 0; i < kBatch; ++i) {
      if (journal.append(chunk_of(payload))) return false;
    }
    spent += Clock::now() - start;
    if (!consume(journal)) return false;
  }
  const std::chrono::duration<double, std::nano> total = spent;
  std::printf("{\"append_ns\": %.1f}\n", total.count() / count);
  return !journal.close();
}

bool fill(Journal& journal, int count, std::size_t bytes) {
  const Payload payload(std::string(bytes, 'x'));
  for (int i = 0; i < count; ++i) {
    if (journal.append(chunk_of(payload))) return false;
  }
  return !journal.close();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) return 2;
  const std::string what = arguments[1];
  JournalConfig config;
  config.path = arguments[4];
  const JournalPtr journal = open_durable_journal(config, {});
  const auto step = what == "fill" ? fill : append;
  return step(*journal, std::stoi(arguments[2]), std::stoul(arguments[3])) ? 0 : 1;
}
