#include "commands/startup.hpp"

#include <gmock/gmock.h>

#include <string>

namespace millrace {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Config between_brokers() {
  Config config;
  config.source.url = "mqtt://one";
  config.source.topics = {"events/#", "more"};
  config.source.password = "open sesame";
  config.sink.url = "mqtt://two";
  config.sink.topic = "results";
  return config;
}

TEST(StartupLines, SayWhatFlowsWhereHowManyAtATimeAndWhereItIsKept) {
  EXPECT_THAT(
      startup_lines(between_brokers()),
      ElementsAre("millrace 1.2.3: from mqtt://one events/# more to mqtt://two results",
                  "framing whole, processing identity by 5 workers, order global, at most 64 "
                  "events in flight",
                  "an event has 3 attempt(s) of 30s, then dead_letter to millrace/dead",
                  "journal /var/lib/millrace, durability process, at most 1GiB"));
}

TEST(StartupLines, SayWhereThereIsNoBrokerNoJournalAndNoEnd) {
  auto config = between_brokers();
  config.source.url = "stdin:";
  config.sink.url = "stdout:";
  config.processing.attempts = 0;
  config.journal.durability = Durability::off;
  EXPECT_THAT(startup_lines(config),
              ElementsAre("millrace 1.2.3: from stdin: to stdout:", HasSubstr("framing"),
                          AllOf(HasSubstr("any number of attempts"), HasSubstr("standard error")),
                          "journal in memory, at most 64MiB"));
}

TEST(StartupLines, HoldNoSecret) {
  for (const auto& line : startup_lines(between_brokers())) {
    EXPECT_THAT(line, Not(HasSubstr("sesame")));
  }
}

}  // namespace
}  // namespace millrace
