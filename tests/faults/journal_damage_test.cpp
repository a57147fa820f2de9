// A journal that was harmed while nobody ran: survived where its tail is torn, refused otherwise.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "config/fingerprint.hpp"
#include "config/load.hpp"
#include "faults/fault_case.hpp"
#include "journal/durable_journal.hpp"
#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

namespace millrace::test {
namespace {

namespace fs = std::filesystem;

enum class Last { chunk, cut, commit };

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The program reads an empty standard input, so what it prints was in the journal.
class DamagedJournal : public FaultCase {
 protected:
  struct Outcome {
    int code = -1;
    std::string results;
    std::string log;
  };

  std::vector<std::string> settings() const {
    return {"source.url=stdin:", "sink.url=stdout:", "http.listen=", "journal.durability=process",
            "journal.path=" + path_.string()};
  }

  Outcome run(const std::string& more = "") const {
    std::string command = std::string(MILLRACE_PROGRAM) + " " + more;
    for (const auto& setting : settings()) command += " --set " + setting;
    const auto out = folder_.path() / "out";
    const auto log = folder_.path() / "log";
    Outcome outcome;
    outcome.code = run_command(
        {"/bin/sh", "-c", command + " </dev/null >" + out.string() + " 2>" + log.string()});
    outcome.results = read_file(out);
    outcome.log = read_file(log);
    return outcome;
  }

  // As if written by a run of the program that was killed at its end.
  void make(Last last, std::uint64_t segment_bytes = 0) {
    const auto config = load_config({.file = {}, .environment = {}, .set = settings()});
    OpenOptions options;
    options.fingerprint = fingerprint(config);
    options.segment_bytes = segment_bytes;
    const auto opened = open_durable_journal(config.journal, options);
    auto& log = *opened;
    add(log, "alpha\nbravo\n");
    add(log, "charl");
    add(log, "ie\n");
    commit(log, 1);
    add(log, "delta\npart");
    if (last == Last::chunk) cut(log);
    before_last_ = read_file(newest_segment());
    switch (last) {
      case Last::chunk:
        return add(log, "echo\n");
      case Last::cut:
        return cut(log);
      case Last::commit:
        return commit(log, 3);
    }
  }

  static void add(Journal& log, const std::string& bytes) {
    Chunk chunk;
    chunk.stream = "stdin";
    chunk.bytes = Payload(bytes);
    ASSERT_FALSE(log.append(std::move(chunk)));
  }
  static void cut(Journal& log) {
    ASSERT_FALSE(log.append(Cut{.stream = "stdin", .cause = CutCause::closed, .last_read = 0}));
  }
  static void commit(Journal& log, Offset watermark) {
    ASSERT_FALSE(log.commit({.watermark = {watermark, 0, 0}, .open = {}, .done = {}}));
  }

  fs::path journal() const { return path_; }
  std::vector<fs::path> segments() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(journal())) {
      if (entry.path().filename().string().starts_with("segment-")) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  fs::path newest_segment() const { return segments().back(); }

  // Where the last record begins and ends, as far as it can be seen.
  struct Range {
    std::size_t begin;
    std::size_t end;
  };
  Range last_record() const {
    const auto now = read_file(newest_segment());
    const auto first = std::mismatch(now.begin(), now.end(), before_last_.begin()).first;
    const auto last = std::find_if(now.rbegin(), now.rend(), [](char byte) { return byte != 0; });
    return {static_cast<std::size_t>(first - now.begin()),
            static_cast<std::size_t>(now.rend() - last)};
  }

  static void expect_refused(const Outcome& outcome, const std::string& advice) {
    EXPECT_EQ(outcome.code, 3) << outcome.log;
    EXPECT_EQ(outcome.results, "") << "published from a journal that cannot be trusted";
    EXPECT_NE(outcome.log.find(advice), std::string::npos) << outcome.log;
  }

  TempFolder folder_;
  fs::path path_ = folder_.path() / "journal";
  std::string before_last_;
};

struct Expected {
  Last last;
  const char* all;           // results that the journal holds
  const char* without_last;  // and those of what is left of it
};

const char* name_of(Last last) {
  switch (last) {
    case Last::chunk:
      return "Chunk";
    case Last::cut:
      return "Cut";
    case Last::commit:
      break;
  }
  return "Commit";
}

void PrintTo(const Expected& expected, std::ostream* out) {
  *out << name_of(expected.last);
}

class DamagedRecords : public DamagedJournal, public ::testing::WithParamInterface<Expected> {
 protected:
  // Leaves the copy as it was for the next harm.
  template <typename Harm>
  Outcome run_harmed(const std::string& intact, Harm harm) {
    fs::remove_all(journal());
    fs::copy(kept_, journal());
    auto bytes = intact;
    harm(bytes);
    write_file(newest_segment(), bytes);
    return run();
  }

  std::string keep() {
    fs::copy(journal(), kept_);
    return read_file(newest_segment());
  }

  const fs::path kept_ = folder_.path() / "kept";
};

INSTANTIATE_TEST_SUITE_P(
    OfA, DamagedRecords,
    ::testing::Values(Expected{Last::chunk, "charlie\ndelta\necho\n", "charlie\ndelta\n"},
                      Expected{Last::cut, "charlie\ndelta\n", "charlie\ndelta\n"},
                      Expected{Last::commit, "delta\n", "charlie\ndelta\n"}),
    [](const auto& expected) { return name_of(expected.param.last); });

TEST_P(DamagedRecords, AreSurvivedWhereTheLastOneIsTornAtAnyByte) {
  make(GetParam().last);
  const auto intact = keep();
  const auto [begin, end] = last_record();
  ASSERT_LT(begin, end);
  const std::size_t step = scaled(7, 1);
  int runs = 0;
  for (auto at = begin + seed_ % step; at < end; at += step) {
    const auto cut_off = run_harmed(intact, [&](std::string& bytes) { bytes.resize(at); });
    const auto zeroed = run_harmed(intact, [&](std::string& bytes) {
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), '\0');
    });
    for (const auto& outcome : {cut_off, zeroed}) {
      EXPECT_EQ(outcome.code, 0) << "at " << at - begin << ": " << outcome.log;
      EXPECT_EQ(outcome.results, GetParam().without_last) << "at " << at - begin;
      ++runs;
    }
  }
  figure("torn", runs);
}

TEST_P(DamagedRecords, NeverGiveAWrongResultWhereAnyByteIsFlipped) {
  make(GetParam().last);
  const auto intact = keep();
  const auto [begin, end] = last_record();
  const std::size_t step = scaled(29, 1);
  int refused = 0;
  int runs = 0;
  for (auto at = seed_ % step; at < end; at += step) {
    const auto outcome = run_harmed(intact, [&](std::string& bytes) {
      bytes[at] = static_cast<char>(bytes[at] ^ (1U << (seed_ + at) % 8U));
    });
    ++runs;
    if (outcome.code == 3) {
      ++refused;
      expect_refused(outcome, "millrace journal");
    } else {
      const bool in_last = at >= begin;
      EXPECT_EQ(outcome.code, 0) << outcome.log;
      // Bytes that fill up a record say nothing, and are checked by nobody.
      EXPECT_TRUE(outcome.results == GetParam().all ||
                  (in_last && outcome.results == GetParam().without_last))
          << "at " << at << " of " << end << ": " << outcome.results << outcome.log;
    }
  }
  EXPECT_GT(refused, runs / 3);
  figure("flipped", runs);
  figure("refused", refused);
}

TEST_F(DamagedJournal, IsRefusedWhereASegmentIsMissing) {
  make(Last::chunk, 4096);
  {
    const auto config = load_config({.file = {}, .environment = {}, .set = settings()});
    OpenOptions options;
    options.fingerprint = fingerprint(config);
    options.segment_bytes = 4096;
    const auto log = open_durable_journal(config.journal, options);
    for (int i = 0; i < 200; ++i) add(*log, std::string(100, 'x') + "\n");
  }
  const auto all = segments();
  ASSERT_GE(all.size(), 4U);
  fs::remove(all[all.size() / 2]);
  expect_refused(run(), "millrace journal repair");
}

TEST_F(DamagedJournal, IsRefusedWhereItIsOfAnotherVersion) {
  make(Last::chunk);
  constexpr std::size_t kVersionAt = 16;
  auto bytes = read_file(newest_segment());
  bytes[kVersionAt] = 2;
  write_file(newest_segment(), bytes);
  expect_refused(run(), "version");
}

TEST_F(DamagedJournal, IsRefusedWhereItWasMadeUnderAnotherConfiguration) {
  make(Last::chunk);
  expect_refused(run("--set processing.type=digest"), "--accept-backlog");
  const auto accepted = run("--accept-backlog --set processing.type=digest");
  EXPECT_EQ(accepted.code, 0) << accepted.log;
  EXPECT_EQ(std::count(accepted.results.begin(), accepted.results.end(), '\n'), 3);
}

TEST_F(DamagedJournal, IsRefusedWhereItsFolderCannotBeMade) {
  path_ = folder_.path() / "none" / "journal";
  expect_refused(run(), path_.string());
  path_ = folder_.path() / "file";
  write_file(path_, "");
  expect_refused(run(), path_.string());
}

}  // namespace
}  // namespace millrace::test
