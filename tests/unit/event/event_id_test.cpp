#include "event/event_id.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace millrace {
namespace {

TEST(EventId, IsWrittenAsEpochOffsetAndIndex) {
  EXPECT_EQ(to_string(EventId{0x5f3a9c01, 1742, 0}), "5f3a9c01-1742.0");
  EXPECT_EQ(to_string(EventId{0x1f, 0, 3}), "0000001f-0.3");
}

TEST(EventId, IsReadBackAsItWasWritten) {
  constexpr EventId kLargest{std::numeric_limits<std::uint32_t>::max(),
                             std::numeric_limits<Offset>::max(),
                             std::numeric_limits<std::uint32_t>::max()};
  for (const EventId& id : {EventId{}, EventId{0x5f3a9c01, 1742, 7}, kLargest}) {
    EXPECT_EQ(parse_event_id(to_string(id)), id);
  }
}

TEST(EventId, IsNothingElse) {
  for (const auto* text :
       {"", "5f3a9c01", "5f3a9c01-1742", "5f3a9c01.1742", "5f3a9c0-1742.0", "5f3a9c011-1742.0",
        "5F3A9C01-1742.0", "5f3a9c01-01742.0", "5f3a9c01-1742.00", "5f3a9c01-+1.0", "5f3a9c01--1.0",
        "5f3a9c01-1742.", "5f3a9c01-.0", " 5f3a9c01-1742.0", "5f3a9c01-1742.0 ",
        "5f3a9c01-18446744073709551616.0", "5f3a9c01-1.4294967296", "0x3a9c01-1.0"}) {
    EXPECT_FALSE(parse_event_id(text)) << text;
  }
}

}  // namespace
}  // namespace millrace
