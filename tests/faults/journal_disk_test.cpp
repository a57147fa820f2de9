// A disk that fails under a running millrace: nothing is acknowledged that is not stored.
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>
#include <sstream>
#include <string>

#include "faults/rig.hpp"
#include "faults/small_disk.hpp"
#include "faults/wire_book.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1U << 20U;

class FailingDisk : public RigCase {
 protected:
  FailingDisk() : rig_(seed_, {.bytes = 400, .taps = true}), book_(rig_.kind()) {
    rig_.source_tap->note(false);
    rig_.sink_tap->note(false);
    rig_.source_tap->intercept(book_.at_source());
    rig_.sink_tap->intercept(book_.at_sink());
  }

  ~FailingDisk() override {
    rig_.source_tap->intercept({});
    rig_.sink_tap->intercept({});
  }

  // Results cannot leave, so that whatever was acknowledged has to be in the journal. Runs until
  // the disk fails.
  void run_into_the_fault(const Launch& launch = {}) {
    rig_.sink_tap->refuse(true);
    rig_.sink_tap->cut();
    rig_.start({}, launch);
    EXPECT_EQ(rig_.millrace().wait(60s), 3) << rig_.output();
    EXPECT_NE(rig_.output().find("journal"), std::string::npos) << rig_.output();
    expect_all_acknowledged_stored();
    rig_.sink_tap->refuse(false);
  }

  // The session at the broker, which events wait in.
  void subscribe_once() {
    rig_.begin();
    EXPECT_EQ(rig_.stop(), 0);
    rig_.events.start(1000);
  }

  void expect_all_acknowledged_stored() {
    Program exporting({{"JOURNAL_PATH", rig_.variables["JOURNAL_PATH"]}}, {"journal", "export"});
    EXPECT_EQ(exporting.wait(60s), 0);
    std::istringstream lines(exporting.output());
    std::set<std::uint64_t> stored;
    for (std::string line; std::getline(lines, line);) {
      const auto entry = nlohmann::json::parse(line, nullptr, false);
      if (!entry.is_object()) continue;
      const auto number = NumberedEvents::number_of_event(entry.value("payload", ""));
      if (number) stored.insert(*number);
    }
    std::size_t acknowledged = 0;
    for (std::uint64_t number = 0; number < rig_.events.published(); ++number) {
      if (!book_.acknowledged(number)) continue;
      ++acknowledged;
      EXPECT_TRUE(stored.count(number) > 0 || rig_.oracle.has(number))
          << number << " was acknowledged and is not stored";
    }
    figure("acknowledged", acknowledged);
    figure("stored", stored.size());
    EXPECT_GT(acknowledged, 0U);
  }

  void expect_all_comes_out() {
    rig_.start();
    expect_settled(rig_, 30s);
    EXPECT_EQ(rig_.stop(), 0) << rig_.output();
  }

  Rig rig_;
  WireBook book_;
};

class FullDisk : public FailingDisk {
 protected:
  std::string lacking() const override {
    return SmallDisk::possible() ? "" : "leave to mount a tmpfs (root)";
  }
};

TEST_F(FullDisk, StopsWithThreeAndGoesOnWhenThereIsRoom) {
  SmallDisk disk(6 * kMiB);
  rig_.variables["JOURNAL_PATH"] = disk.path() + "/journal";
  rig_.variables["JOURNAL_MAX_BYTES"] = "16MiB";
  subscribe_once();
  run_into_the_fault();
  disk.resize(64 * kMiB);
  expect_all_comes_out();
}

TEST_F(FullDisk, IsRefusedAtStartWhereASegmentDoesNotFit) {
  SmallDisk disk(kMiB);
  rig_.variables["JOURNAL_PATH"] = disk.path() + "/journal";
  rig_.start();
  EXPECT_EQ(rig_.millrace().wait(), 3);
  EXPECT_NE(rig_.output().find("journal.max_bytes"), std::string::npos) << rig_.output();
}

TEST_F(FullDisk, IsRefusedAtStartWhereItIsReadOnly) {
  SmallDisk disk(16 * kMiB);
  disk.make_read_only();
  rig_.variables["JOURNAL_PATH"] = disk.path() + "/journal";
  rig_.start();
  EXPECT_EQ(rig_.millrace().wait(), 3);
  EXPECT_NE(rig_.output().find("Read-only file system"), std::string::npos) << rig_.output();
}

struct Fault {
  const char* name;
  const char* durability;
  const char* inject;  // as strace takes it, but for when
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.inject;
}

class TracedDisk : public FailingDisk {
 protected:
  std::string lacking() const override { return has_program("strace") ? "" : "strace"; }

  // The tracer is a grandchild, so that the process is millrace's own.
  static Launch inject(const std::string& what) {
    const auto call = what.substr(0, what.find(':'));
    return {.wrapper = {"strace", "-D", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e",
                        "trace=" + call, "-e", "inject=" + what}};
  }
};

class FailingCalls : public TracedDisk, public ::testing::WithParamInterface<Fault> {};

INSTANTIATE_TEST_SUITE_P(
    Of, FailingCalls,
    ::testing::Values(Fault{"AWriteThatFails", "process", "pwritev:error=EIO"},
                      Fault{"AWriteThatEndsEarly", "process", "pwritev:retval=100"},
                      Fault{"AWriteThatFindsNoRoom", "process", "pwritev:error=ENOSPC"},
                      Fault{"ASyncThatFails", "power", "fdatasync:error=EIO"},
                      Fault{"AWriteThatFailsWithSync", "power", "pwritev:error=EIO"}),
    [](const auto& fault) { return fault.param.name; });

TEST_P(FailingCalls, StopWithThreeAndNothingAcknowledgedIsLost) {
  rig_.variables["JOURNAL_DURABILITY"] = GetParam().durability;
  subscribe_once();
  const auto when = std::to_string(std::uniform_int_distribution<int>(100, 600)(random_));
  run_into_the_fault(inject(GetParam().inject + (":when=" + when + "+")));
  expect_all_comes_out();
}

TEST_F(TracedDisk, ThatSyncsSlowlyDelaysAndHarmsNothing) {
  rig_.variables["JOURNAL_DURABILITY"] = "power";
  rig_.begin({}, inject("fdatasync:delay_enter=50000"));
  rig_.events.start(10);
  lapse(scaled(5s, 60s));
  expect_settled(rig_, 30s);
  EXPECT_EQ(rig_.oracle.verdict().repeats, 0U);
  EXPECT_EQ(rig_.stop(), 0) << rig_.output();
}

}  // namespace
}  // namespace millrace::test
