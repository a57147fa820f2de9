// MQTT 5, 4.7 and 4.8.2.
#include "config/topic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "event/topic_filter.hpp"

namespace millrace {
namespace {

TEST(TopicFilter, MayHoldWildcardsAsWholeLevels) {
  for (const char* text : {"#", "+", "/", "a", "a/#", "+/+", "a/+/b", "/+", "sport/+/player1",
                           "$SYS/#", "a b", "a//b", "$shared/x"}) {
    EXPECT_EQ(parse_subscription(text).filter, text);
    EXPECT_EQ(parse_subscription(text).share, "");
  }
}

TEST(TopicFilter, IsRefusedWithAWildcardElsewhere) {
  for (const char* text :
       {"a#", "a/b#", "#/a", "a/#/b", "a+", "+a/b", "##", "a/++", "$share/g/a#"}) {
    EXPECT_THROW(static_cast<void>(parse_subscription(text)), std::invalid_argument) << text;
  }
}

TEST(TopicFilter, IsUtf8OfAtMost65535BytesWithoutNul) {
  EXPECT_EQ(parse_subscription(std::string(65535, 'a')).filter.size(), 65535U);
  for (const std::string& text :
       {std::string(65536, 'a'), std::string("a\0b", 3), std::string("caf\xe9"),
        std::string("\xed\xa0\x80"), std::string()}) {
    EXPECT_THROW(static_cast<void>(parse_subscription(text)), std::invalid_argument);
  }
}

TEST(TopicFilter, MayBeShared) {
  const Subscription subscription = parse_subscription("$share/group/a/+/#");
  EXPECT_EQ(subscription.share, "group");
  EXPECT_EQ(subscription.filter, "a/+/#");
  EXPECT_EQ(parse_subscription("$share/g//").filter, "/");
  for (const char* text :
       {"$share", "$share/", "$share/g", "$share/g/", "$share//a", "$share/#/a"}) {
    EXPECT_THROW(static_cast<void>(parse_subscription(text)), std::invalid_argument) << text;
  }
}

struct Pair {
  const char* a;
  const char* b;
};

TEST(TopicFilters, OverlapWhereATopicMatchesBoth) {
  for (const auto& [a, b] : {Pair{"a", "a"}, Pair{"#", "a/b"}, Pair{"a/+", "+/b"}, Pair{"a/#", "a"},
                             Pair{"a/#", "+"}, Pair{"a/#", "+/b/c"}, Pair{"+/#", "a"},
                             Pair{"$SYS/#", "$SYS/+"}, Pair{"a/+/c", "a/b/#"}, Pair{"/", "+/+"}}) {
    EXPECT_TRUE(filters_overlap(a, b)) << a << " " << b;
    EXPECT_TRUE(filters_overlap(b, a)) << a << " " << b;
  }
}

TEST(TopicFilters, DoNotOverlapWhereNoTopicMatchesBoth) {
  for (const auto& [a, b] :
       {Pair{"a", "b"}, Pair{"a/+", "b/+"}, Pair{"+", "a/b"}, Pair{"a/#", "b/#"}, Pair{"a/+", "a"},
        Pair{"#", "$SYS/a"}, Pair{"+/a", "$SYS/a"}, Pair{"+/+/c", "a/b"}, Pair{"a/b/#", "+"}}) {
    EXPECT_FALSE(filters_overlap(a, b)) << a << " " << b;
    EXPECT_FALSE(filters_overlap(b, a)) << a << " " << b;
  }
}

TEST(TopicFilters, MatchTheirOwnSample) {
  for (const char* filter : {"#", "+", "a/#", "+/b/+", "/+", "$SYS/#"}) {
    EXPECT_TRUE(filter_matches(filter, sample_topic(filter))) << filter;
  }
}

// Filters of up to three levels out of few letters: overlap is what matching says it is.
TEST(TopicFilters, OverlapExactlyWhereMatchingSaysSo) {
  std::vector<std::string> topics;
  std::vector<std::string> filters{"#"};
  const auto extend = [](const std::vector<std::string>& heads,
                         const std::vector<std::string>& levels) {
    std::vector<std::string> longer;
    for (const auto& head : heads) {
      for (const auto& level : levels) longer.push_back(head + "/" + level);
    }
    return longer;
  };
  const auto append = [](std::vector<std::string>& to, const std::vector<std::string>& what) {
    to.insert(to.end(), what.begin(), what.end());
  };
  std::vector<std::string> heads{"a", "b", "$d", "c"};
  std::vector<std::string> wild{"a", "+", "$d"};
  append(topics, heads);
  append(filters, wild);
  for (int level = 2; level <= 3; ++level) {
    append(filters, extend(wild, {"#"}));
    heads = extend(heads, {"a", "b", "c", ""});
    wild = extend(wild, {"a", "b", "+"});
    append(topics, heads);
    append(filters, wild);
  }
  for (const auto& a : filters) {
    for (const auto& b : filters) {
      const bool both = std::any_of(topics.begin(), topics.end(), [&](const std::string& topic) {
        return filter_matches(a, topic) && filter_matches(b, topic);
      });
      EXPECT_EQ(filters_overlap(a, b), both) << a << " " << b;
    }
  }
}

}  // namespace
}  // namespace millrace
