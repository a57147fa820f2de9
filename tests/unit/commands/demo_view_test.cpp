#include "commands/demo_view.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace millrace {
namespace {

using namespace std::chrono_literals;

class DemoViewTest : public testing::Test {
 protected:
  DemoView make(bool colour = false) {
    return {{1000ms, 5000ms, 10, 5}, out_, colour, [this] { return now_; }};
  }

  static FramePtr frame(std::uint64_t number) {
    auto frame = std::make_shared<Frame>();
    frame->number = number;
    frame->payload = Payload(std::to_string(number + 1));
    return frame;
  }

  static Outcome squared(std::uint64_t number) {
    return {frame(number), Result{Payload(std::to_string((number + 1) * (number + 1)))}, 1};
  }

  static Attempt by(unsigned worker) {
    Attempt attempt;
    attempt.worker = worker;
    return attempt;
  }

  DemoView::Clock::time_point now_ = DemoView::Clock::now();
  std::ostringstream out_;
};

TEST_F(DemoViewTest, ShowsWhatHappensWithTimesAndWorkers) {
  DemoView view = make();
  now_ += 1s;
  view.frame_cut(*frame(0));
  view.work_started(*frame(0), by(0));
  now_ += 5s;
  view.work_finished(*frame(0), by(0), Filtered{});
  view.outcome_emitted(squared(0));
  now_ += 9s;
  view.outcome_emitted(squared(9));
  EXPECT_EQ(out_.str(),
            "   1.0 s  submitted  event  1\n"
            "   1.0 s  started    event  1  worker 1\n"
            "   6.0 s  finished   event  1  worker 1\n"
            "   6.0 s  result     event  1  1\n"
            "  15.0 s  result     event 10  100\n");
}

TEST_F(DemoViewTest, ComparesTheTimeWithThatOfOneAfterAnother) {
  DemoView view = make();
  view.begin();
  EXPECT_EQ(out_.str(),
            "10 events, one every 1.0 s, with 5.0 s of work each, for 5 workers; every result is "
            "the square of its event\n\n");
  out_.str("");
  for (std::uint64_t number = 0; number < 10; ++number) view.outcome_emitted(squared(number));
  now_ += 15s;
  view.outcome_emitted(squared(10));
  out_.str("");
  now_ += 1h;
  view.end();
  EXPECT_EQ(
      out_.str(),
      "\n11 of 10 results, all in order, in 15.0 s; one after another the work takes 50.0 s\n");
}

TEST_F(DemoViewTest, DoesNotHideThatAResultIsOutOfOrder) {
  DemoView view = make();
  view.outcome_emitted(squared(1));
  view.outcome_emitted(squared(0));
  view.end();
  EXPECT_NE(out_.str().find("2 out of order"), std::string::npos) << out_.str();
}

TEST_F(DemoViewTest, ColoursOnlyWhereAsked) {
  make().frame_cut(*frame(0));
  EXPECT_EQ(out_.str().find('\x1b'), std::string::npos);
  make(true).frame_cut(*frame(0));
  EXPECT_NE(out_.str().find("\x1b[36msubmitted\x1b[0m"), std::string::npos);
}

TEST_F(DemoViewTest, ShowsWarningsAndNothingLess) {
  DemoView view = make();
  view.notice({Severity::info, "control", "stopping"});
  EXPECT_EQ(out_.str(), "");
  view.notice({Severity::error, "control", "not all was finished"});
  EXPECT_EQ(out_.str(), "control: not all was finished\n");
}

TEST_F(DemoViewTest, KeepsLinesWholeWhenManyThreadsSpeak) {
  DemoView view = make();
  std::vector<std::thread> threads;
  for (unsigned worker = 0; worker < 4; ++worker) {
    threads.emplace_back([&view, worker] {
      for (int i = 0; i < 500; ++i) view.work_started(*frame(worker), by(worker));
    });
  }
  for (auto& thread : threads) thread.join();
  std::istringstream lines(out_.str());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const std::string worker = line.substr(line.size() - 1);
    ASSERT_EQ(line, "   0.0 s  started    event  " + worker + "  worker " + worker);
  }
  EXPECT_EQ(count, 2000);
}

}  // namespace
}  // namespace millrace
