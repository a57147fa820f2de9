#include "event/iso8601.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace millrace {
namespace {

using namespace std::chrono;

system_clock::time_point at(milliseconds since_epoch) {
  return system_clock::time_point(duration_cast<system_clock::duration>(since_epoch));
}

TEST(Iso8601, IsInUtcWithMilliseconds) {
  EXPECT_EQ(iso8601(at(0ms)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso8601(at(1769860800123ms)), "2026-01-31T12:00:00.123Z");
}

TEST(Iso8601, RoundsDown) {
  EXPECT_EQ(iso8601(at(999ms) + microseconds(999)), "1970-01-01T00:00:00.999Z");
  EXPECT_EQ(iso8601(at(-1ms)), "1969-12-31T23:59:59.999Z");
}

TEST(Iso8601, AgreesWithTheCLibraryOnDates) {
  for (std::time_t second = 0; second < 4102444800; second += 86399 * 7) {
    std::tm parts{};
    ASSERT_NE(gmtime_r(&second, &parts), nullptr);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
    ASSERT_EQ(iso8601(system_clock::from_time_t(second)), text);
  }
}

}  // namespace
}  // namespace millrace
