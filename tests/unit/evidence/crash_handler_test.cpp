// Processes that really crash: who is accused, and how they end.

#include <gmock/gmock.h>
#include <pthread.h>
#include <sys/mman.h>

#include <cstdlib>
#include <latch>
#include <thread>

#include "support/forked.hpp"
#include "unit/evidence/evidence_folder.hpp"

namespace millrace {
namespace {

class Crash : public EvidenceFolder {
 protected:
  static constexpr Offset kGuilty = 1;
  static constexpr Offset kInnocent = 2;

  /// A process in which two workers are at work, one of which ends it; how it ended.
  int end_by(const std::function<void()>& crash) {
    test::Forked child([&] {
      Evidence evidence(folder(), options());
      std::latch both(2);
      std::jthread innocent([&] {
        evidence.hold(1, id(kInnocent), 1);
        both.count_down();
        for (;;) ::pause();
      });
      std::jthread guilty([&] {
        evidence.hold(0, id(kGuilty), 1);
        both.arrive_and_wait();
        crash();
      });
      guilty.join();
      ::_exit(0);
      return 0;
    });
    return child.wait();
  }

  void expect_accused(const std::function<void()>& crash, int signal) {
    const auto before = start().crashes(id(kGuilty));
    evidence_.reset();
    const int end = end_by(crash);
    if (test::kSanitized) {
      EXPECT_NE(end, 0);
    } else {
      EXPECT_EQ(end, -signal);
    }
    start();
    EXPECT_EQ(evidence_->crashes(id(kGuilty)), before + 1);
    EXPECT_EQ(evidence_->crashes(id(kInnocent)), 0U);
  }

  void expect_nobody_accused(const std::function<void()>& end, int signal) {
    start();
    evidence_.reset();
    EXPECT_EQ(end_by(end), -signal);
    start();
    EXPECT_EQ(evidence_->crashes(id(kGuilty)), 0U);
    EXPECT_EQ(evidence_->crashes(id(kInnocent)), 0U);
  }
};

/// A page that cannot be touched, or whose file has no bytes for it.
volatile char* bad_page(int protection, int flags, int fd) {
  return static_cast<volatile char*>(::mmap(nullptr, 4096, protection, flags, fd, 0));
}

int deep(int depth);
int (*volatile deeper)(int) = deep;
int deep(int depth) {
  volatile char block[4096];
  block[0] = static_cast<char>(depth);
  return deeper(depth + 1) + block[0];
}

TEST_F(Crash, ByABadAccessAccusesTheFrameOfThatThreadOnly) {
  expect_accused([] { *bad_page(PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1) = 1; }, SIGSEGV);
}

TEST_F(Crash, ByAnAccessBehindTheEndOfAFileAccusesIt) {
  expect_accused(
      [this] {
        const auto file = folder().open("empty", O_RDWR | O_CREAT);
        *bad_page(PROT_READ | PROT_WRITE, MAP_SHARED, file.get()) = 1;
      },
      SIGBUS);
}

TEST_F(Crash, ByAbortAccusesIt) {
  expect_accused([] { std::abort(); }, SIGABRT);
}

TEST_F(Crash, ByAnExceptionThatNobodyCatchesAccusesIt) {
  expect_accused([] { throw 1; }, SIGABRT);
}

TEST_F(Crash, ByAnIllegalInstructionAccusesIt) {
  expect_accused([] { ::raise(SIGILL); }, SIGILL);
}

TEST_F(Crash, ByAFloatingPointTrapAccusesIt) {
  expect_accused([] { ::raise(SIGFPE); }, SIGFPE);
}

TEST_F(Crash, ByAStackOverflowAccusesIt) {
  expect_accused([] { ::_exit(deep(0) == 0 ? 1 : 2); }, SIGSEGV);
}

TEST_F(Crash, OfAThreadThatHoldsNothingAccusesNobody) {
  if (test::kSanitized) return;  // they end it in their own way
  expect_nobody_accused([] { std::thread([] { std::abort(); }).join(); }, SIGABRT);
}

TEST_F(Crash, BetweenTwoFramesAccusesNobody) {
  start();
  evidence_.reset();
  test::Forked child([&] {
    Evidence evidence(folder(), options());
    evidence.hold(0, id(kGuilty), 1);
    evidence.release(0);
    std::abort();
    return 0;
  });
  EXPECT_EQ(child.wait(), -SIGABRT);
  EXPECT_EQ(start().crashes(id(kGuilty)), 0U);
}

TEST_F(Crash, IsNotWhatAKillIs) {
  expect_nobody_accused([] { ::kill(::getpid(), SIGKILL); }, SIGKILL);
}

TEST_F(Crash, IsNotASignalFromOutsideWhicheverThreadGetsIt) {
  start();
  evidence_.reset();
  test::Forked child([&] {
    Evidence evidence(folder(), options());
    evidence.hold(0, id(kGuilty), 1);
    for (;;) ::pause();
    return 0;
  });
  // Until it is at work: the state of its only slot in use says so.
  while (load(kCrashSlotsName).size() < 68 || load(kCrashSlotsName)[64] != 1) ::sched_yield();
  child.signal(SIGABRT);
  EXPECT_EQ(child.wait(), -SIGABRT);
  EXPECT_EQ(start().crashes(id(kGuilty)), 0U);
}

TEST_F(Crash, OfAllWorkersAtOnceAccusesTheirFramesOnly) {
  start();
  evidence_.reset();
  test::Forked child([&] {
    Evidence evidence(folder(), options());
    std::latch all(3);
    const auto work = [&](unsigned worker, Offset offset) {
      evidence.hold(worker, id(offset), 1);
      all.arrive_and_wait();
      if (worker < 2) std::abort();
      for (;;) ::pause();
    };
    std::jthread a(work, 0, 10);
    std::jthread b(work, 1, 11);
    std::jthread c(work, 2, 12);
    return 0;
  });
  EXPECT_EQ(child.wait(), -SIGABRT);
  start();
  EXPECT_GE(evidence_->crashes(id(10)) + evidence_->crashes(id(11)), 1U);
  EXPECT_EQ(evidence_->crashes(id(12)), 0U);
}

}  // namespace
}  // namespace millrace
