// What every source that can hold back has to keep (include/millrace/source.hpp).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "source/stdin_source.hpp"
#include "source/ws_source.hpp"
#include "support/raw_websocket.hpp"
#include "unit/source/recording_intake.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

/// A source, and the world that it reads.
class SourceWorld {
 public:
  virtual ~SourceWorld() = default;
  virtual SourcePtr make() = 0;
  /// After the start: whatever has to happen until it is connected, and is about to read.
  virtual void connect(RecordingIntake& /*intake*/) {}
  /// The other side goes, so that no goodbye has to be waited for.
  virtual void disconnect() {}
  virtual void send(const std::string& text) = 0;
};

class StdinWorld final : public SourceWorld {
 public:
  StdinWorld() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~StdinWorld() override {
    for (const int end : ends_) ::close(end);
  }
  StdinWorld(const StdinWorld&) = delete;
  StdinWorld& operator=(const StdinWorld&) = delete;

  SourcePtr make() override { return make_stdin_source(ends_[0]); }
  // It begins with a cut.
  void connect(RecordingIntake& intake) override { EXPECT_TRUE(intake.wait_for_cuts(1)); }
  void send(const std::string& text) override {
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

class WsWorld final : public SourceWorld {
 public:
  SourcePtr make() override {
    Config config;
    config.source.url = feed_.url();
    return make_ws_source(config, silent_);
  }
  void connect(RecordingIntake& /*intake*/) override { EXPECT_TRUE(peer_ = feed_.accept()); }
  void disconnect() override { peer_ = nullptr; }
  void send(const std::string& text) override { EXPECT_TRUE(peer_->text(text)); }

 private:
  Observer silent_;
  WebSocketFeed feed_;
  RawWebSocketPtr peer_;
};

struct SourceKind {
  std::string name;
  std::function<std::unique_ptr<SourceWorld>()> make;
};
void PrintTo(const SourceKind& kind, std::ostream* out) {
  *out << kind.name;
}

class EverySource : public testing::TestWithParam<SourceKind> {
 protected:
  void TearDown() override { world_->disconnect(); }

  void start() {
    source_ = world_->make();
    source_->start(intake_);
    world_->connect(intake_);
    ASSERT_TRUE(wait_until([this] { return intake_.connection().ok; }));
  }
  void send_up_to(int last) {
    for (; sent_ <= last; ++sent_) {
      world_->send(std::to_string(sent_) + "\n");
      expected_ += std::to_string(sent_) + "\n";
    }
  }
  bool all_came() { return intake_.wait_for_bytes(expected_.size()); }

  const std::unique_ptr<SourceWorld> world_ = GetParam().make();
  RecordingIntake intake_;
  SourcePtr source_;
  int sent_ = 0;
  std::string expected_;
};

INSTANTIATE_TEST_SUITE_P(
    Of, EverySource,
    testing::Values(SourceKind{"stdin", [] { return std::make_unique<StdinWorld>(); }},
                    SourceKind{"ws", [] { return std::make_unique<WsWorld>(); }}),
    [](const auto& kind) { return kind.param.name; });

TEST_P(EverySource, HandsInEverythingOnceAndInOrder) {
  start();
  send_up_to(2000);
  EXPECT_TRUE(all_came());
  EXPECT_TRUE(intake_.bytes() == expected_);
}

TEST_P(EverySource, HandsInNothingBetweenPauseAndResumeAndLosesNothing) {
  start();
  for (int round = 0; round < 20; ++round) {
    send_up_to(sent_ + 50);
    source_->pause();
    const auto offered = intake_.offered();
    send_up_to(sent_ + 50);
    EXPECT_EQ(intake_.offered(), offered);
    source_->resume();
  }
  EXPECT_TRUE(all_came());
  EXPECT_TRUE(intake_.bytes() == expected_);
}

TEST_P(EverySource, IsNotConnectedWhileItIsPaused) {
  start();
  source_->pause();
  EXPECT_TRUE(wait_until([this] { return !intake_.connection().connected; }));
  EXPECT_TRUE(intake_.connection().expected);
  source_->resume();
  EXPECT_TRUE(wait_until([this] { return intake_.connection().ok; }));
}

TEST_P(EverySource, OffersWhatWasRefusedForWantOfRoomUntilItIsTaken) {
  start();
  intake_.answer_with(std::make_error_code(std::errc::no_buffer_space));
  send_up_to(100);
  ASSERT_TRUE(intake_.wait_for_offers(1));
  source_->pause();
  intake_.answer_with({});
  source_->resume();
  EXPECT_TRUE(all_came());
  EXPECT_TRUE(intake_.bytes() == expected_);
}

TEST_P(EverySource, IsSilentAfterAnErrorThatIsFinal) {
  start();
  intake_.answer_with(std::make_error_code(std::errc::io_error));
  send_up_to(0);
  ASSERT_TRUE(intake_.wait_for_offers(1));
  source_->stop();
  EXPECT_EQ(intake_.offered(), 1U);
}

TEST_P(EverySource, IsSilentAfterItsStop) {
  start();
  send_up_to(0);
  ASSERT_TRUE(all_came());
  source_->stop();
  const auto offered = intake_.offered();
  source_.reset();
  EXPECT_EQ(intake_.offered(), offered);
  EXPECT_FALSE(intake_.end().has_value());
}

}  // namespace
}  // namespace millrace::test
