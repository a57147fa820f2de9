#include "commands/replay_progress.hpp"

#include <gmock/gmock.h>

#include <sstream>

namespace millrace {
namespace {

TEST(ReplayProgress, IsSilentInAPipeWhereAllGoesWell) {
  std::ostringstream err;
  ReplayProgress progress(false, err);
  progress.answered({.tag = 1});
  progress.end("");
  EXPECT_EQ(err.str(), "");
  EXPECT_TRUE(progress.complete());
}

TEST(ReplayProgress, NamesInAPipeOnlyWhatWasNotPublished) {
  std::ostringstream err;
  ReplayProgress progress(false, err);
  progress.answered({.tag = 1});
  progress.refused(2, "no JSON");
  progress.answered({.tag = 3, .refusal = "not authorized (0x87)"});
  progress.end("");
  EXPECT_EQ(err.str(), "line 2: no JSON\nline 3: the broker refuses it: not authorized (0x87)\n");
  EXPECT_FALSE(progress.complete());
}

TEST(ReplayProgress, CountsOnATerminalOverAndOverOnOneLine) {
  std::ostringstream err;
  ReplayProgress progress(true, err);
  progress.answered({.tag = 1});
  EXPECT_EQ(err.str(), "1 published, 0 not");
  progress.refused(2, "no JSON");
  progress.answered({.tag = 3});
  progress.end("");
  EXPECT_THAT(err.str(), testing::StartsWith("1 published, 0 not\r\x1b[Kline 2: no JSON\n"));
  EXPECT_THAT(err.str(), testing::EndsWith("2 published, 1 not\n"));
}

TEST(ReplayProgress, SaysHowFarItCameWhereItEndsEarly) {
  std::ostringstream err;
  ReplayProgress progress(false, err);
  progress.answered({.tag = 1});
  progress.end("interrupted");
  progress.refused(2, "said too late");
  EXPECT_EQ(err.str(), "millrace: interrupted; 1 published, 0 not\n");
}

}  // namespace
}  // namespace millrace
