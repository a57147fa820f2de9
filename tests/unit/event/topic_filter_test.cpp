#include "event/topic_filter.hpp"

#include <gtest/gtest.h>

#include <string>

namespace millrace {
namespace {

struct Case {
  std::string filter;
  std::string topic;
  bool matches;
};

void PrintTo(const Case& example, std::ostream* out) {
  *out << example.filter << " and " << example.topic;
}

class TopicFilterTable : public ::testing::TestWithParam<Case> {};

TEST_P(TopicFilterTable, MatchesAsMqttSays) {
  EXPECT_EQ(filter_matches(GetParam().filter, GetParam().topic), GetParam().matches);
}

// MQTT 5, 4.7.1 and 4.7.2: its examples.
INSTANTIATE_TEST_SUITE_P(
    Standard, TopicFilterTable,
    ::testing::Values(Case{"sport/tennis/player1/#", "sport/tennis/player1", true},
                      Case{"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
                      Case{"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
                      Case{"sport/#", "sport", true}, Case{"#", "sport/tennis", true},
                      Case{"sport/tennis/+", "sport/tennis/player1", true},
                      Case{"sport/tennis/+", "sport/tennis/player1/ranking", false},
                      Case{"sport/+", "sport", false}, Case{"sport/+", "sport/", true},
                      Case{"+/+", "/finance", true}, Case{"/+", "/finance", true},
                      Case{"+", "/finance", false}, Case{"#", "$SYS/", false},
                      Case{"+/monitor/Clients", "$SYS/monitor/Clients", false},
                      Case{"$SYS/#", "$SYS/", true},
                      Case{"$SYS/monitor/+", "$SYS/monitor/Clients", true}));

INSTANTIATE_TEST_SUITE_P(More, TopicFilterTable,
                         ::testing::Values(Case{"a", "a", true}, Case{"a", "A", false},
                                           Case{"a", "a/", false}, Case{"a/", "a", false},
                                           Case{"a/b", "a/bc", false}, Case{"a//b", "a//b", true},
                                           Case{"a/+/b", "a//b", true}, Case{"a/+/#", "a", false},
                                           Case{"a/+/#", "a/b", true},
                                           Case{"events/#", "events2", false},
                                           Case{"$share/group/events/#", "events/a", true},
                                           Case{"$share/group/events/#", "results", false},
                                           Case{"$share/group/#", "results", true},
                                           Case{"$share/group", "results", false}));

}  // namespace
}  // namespace millrace
