// WebSocket peers that are gone, silent, slow to part, or that say what they must not.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include "faults/fault_case.hpp"
#include "faults/net_namespace.hpp"
#include "faults/process_figures.hpp"
#include "integration/program.hpp"
#include "support/ports.hpp"
#include "support/raw_websocket.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Beyond the idle timeout, until there is a connection again.
constexpr milliseconds kReconnect = 5s;

class WebSocketFaults : public FaultCase {
 protected:
  // The source reads from `feed_`, results are lines of the output.
  void start(const Variables& more = {}, const Launch& how = {}) {
    run(more, how);
    ASSERT_TRUE(hears("hello"));
  }

  void run(Variables more, const Launch& how = {}) {
    Variables variables{{"SOURCE_URL", feed_->url()},
                        {"SOURCE_KEEP_ALIVE", std::to_string(keep_alive_.count()) + "ms"},
                        {"SINK_URL", "stdout:"},
                        {"LOG_LEVEL", "info"}};
    variables.merge(more);
    for (auto& [name, value] : more) variables[name] = value;
    program_ = std::make_unique<Program>(variables, std::vector<std::string>{}, how);
    peer_ = feed_->accept();
    ASSERT_TRUE(peer_) << program_->output();
  }

  // A message of its own comes out as a line.
  bool hears(const std::string& text) {
    if (!peer_->text(text)) return false;
    return wait_until([&] { return program_->output().find(text + "\n") != std::string::npos; });
  }

  [[nodiscard]] milliseconds idle() const { return keep_alive_ * 3 / 2; }

  // The old connection stays as it is; a new one comes in time, and works.
  void expect_back(Clock::time_point fault, milliseconds within) {
    auto next = feed_->accept(within + kPatience);
    const auto took = since(fault);
    ASSERT_TRUE(next) << program_->output();
    EXPECT_LE(took, within + kReconnect) << program_->output();
    figure("back_after_ms", took.count());
    peer_ = std::move(next);
    EXPECT_TRUE(hears("after " + std::to_string(took.count()))) << program_->output();
  }

  bool says(const std::string& text, milliseconds patience = kPatience) const {
    return wait_until([&] { return program_->output().find(text) != std::string::npos; }, patience);
  }

  const milliseconds keep_alive_ = scaled(1s, 20s);
  std::unique_ptr<WebSocketFeed> feed_ = std::make_unique<WebSocketFeed>();
  std::unique_ptr<Program> program_;
  RawWebSocketPtr peer_;
};

TEST_F(WebSocketFaults, APeerThatAnswersNoPingIsGivenUp) {
  start();
  const auto silent = Clock::now();
  const auto old = std::move(peer_);
  expect_back(silent, idle());
  EXPECT_TRUE(says("nothing was heard for " + std::to_string(idle().count()) + " ms"));
  EXPECT_TRUE(says("gap 1: what the feed sent from "));
}

TEST_F(WebSocketFaults, ACloseThatIsNeverFollowedByTheEndIsEnded) {
  start();
  const auto old = std::move(peer_);
  const auto fault = Clock::now();
  old->close(1001);
  expect_back(fault, 0s);
}

TEST_F(WebSocketFaults, ACloseOfOursThatIsNeverAnsweredIsEnded) {
  start();
  const auto old = std::move(peer_);
  const auto fault = Clock::now();
  old->text("\xff");
  EXPECT_EQ(RawWebSocket::code_of(old->next_data()), 1007U);
  expect_back(fault, idle());
}

TEST_F(WebSocketFaults, TheStopWaitsForNoAnswerEither) {
  start();
  const auto begun = Clock::now();
  program_->signal(SIGTERM);
  EXPECT_EQ(RawWebSocket::code_of(peer_->next_data()), 1001U);
  EXPECT_EQ(program_->wait(), 0) << program_->output();
  EXPECT_LE(since(begun), kReconnect);
}

TEST_F(WebSocketFaults, AMessageInManyFragmentsAndPingsIsOne) {
  start();
  const std::size_t size = scaled(2000, 200000);
  std::string text(size, 'a');
  for (char& c : text) c = static_cast<char>('a' + random_() % 26);
  for (std::size_t at = 0; at < size; ++at) {
    if (at % 10 == 0) peer_->send(kWsPing, "between");
    peer_->send(at == 0 ? kWsText : kWsContinue, text.substr(at, 1), at + 1 == size);
    if (at % 500 == 0) {
      while (peer_->next(0ms)) {
      }
    }
  }
  EXPECT_TRUE(says(text + "\n"));
  EXPECT_EQ(program_->output().find("lost"), std::string::npos);
}

TEST_F(WebSocketFaults, MessagesThatAreTooLongAreCountedAndBackedOffFrom) {
  start({{"LIMITS_FRAME_BYTES", "10KiB"},
         {"SOURCE_RECONNECT_MIN", "100ms"},
         {"SOURCE_RECONNECT_MAX", "1s"}});
  const int rounds = scaled(5, 30);
  const auto begun = Clock::now();
  for (int round = 1; round <= rounds; ++round) {
    peer_->text(std::string(10241, 'x'));
    EXPECT_EQ(RawWebSocket::code_of(peer_->next_data()), 1009U);
    peer_ = nullptr;
    peer_ = feed_->accept();
    ASSERT_TRUE(peer_) << program_->output();
  }
  EXPECT_GE(since(begun), 100ms + 200ms + 400ms + 800ms) << "not as fast as it can";
  // The log says the same thing only so often.
  EXPECT_TRUE(says("refused with 1009; 5 since the start"));
  EXPECT_TRUE(hears("short enough"));
}

TEST_F(WebSocketFaults, AFloodOfPingsIsAnsweredWithoutGrowth) {
  start();
  const std::size_t pings = scaled(50000U, 2000000U);
  const auto before = figures_of(program_->pid());
  ASSERT_TRUE(before);
  ProcessWatch watch(program_->pid(), 20ms);
  std::size_t pongs = 0;
  for (std::size_t sent = 0; sent < pings; ++sent) {
    ASSERT_TRUE(peer_->send(kWsPing, std::string(125, 'p'))) << program_->output();
    if (sent % 100 != 0) continue;
    while (peer_->next(0ms)) ++pongs;
  }
  while (pongs < pings) {
    const auto frame = peer_->next();
    ASSERT_TRUE(frame) << pongs << " of " << pings;
    if (frame->opcode == kWsPong) ++pongs;
  }
  const auto most = watch.most_bytes();
  figure("growth_kib", (most - std::min(most, before->own_bytes)) >> 10U);
  EXPECT_LT(most, before->own_bytes + (4U << 20U));
  EXPECT_TRUE(hears("and messages still come")) << program_->output();
}

TEST_F(WebSocketFaults, PongsThatNobodyReadsEndTheConnection) {
  start();
  const auto old = std::move(peer_);
  const auto fault = Clock::now();
  std::size_t sent = 0;
  // Its answers fill what the kernel takes, then it reads no more.
  const std::string many = [] {
    std::string frames;
    for (int i = 0; i < 500; ++i) frames += "\x89\x7d" + std::string(125, 'p');
    return frames;
  }();
  while (since(fault) < scaled(500ms, 5000ms) && old->send_some(many, 50ms)) ++sent;
  figure("floods", sent);
  expect_back(fault, scaled(500ms, 5000ms) + 2 * idle());
}

TEST_F(WebSocketFaults, ManyConnectionsLeaveNoDescriptorBehind) {
  start({{"SOURCE_RECONNECT_MIN", "1ms"}, {"SOURCE_RECONNECT_MAX", "1ms"}});
  const auto before = figures_of(program_->pid());
  ASSERT_TRUE(before);
  const int cycles = scaled(50, 1000);
  for (int cycle = 0; cycle < cycles; ++cycle) {
    switch (random_() % 5) {
      case 0:
        peer_->close(1000);
        break;
      case 1:
        peer_->text("\xff");
        break;
      case 2:
        peer_->send_bytes("\xff\xff\xff\xff");
        break;
      case 3:
        peer_->send(kWsText, "only the beginning", false);
        break;
      default:
        peer_->text("message");
        break;
    }
    peer_ = nullptr;
    peer_ = random_() % 4 == 0 ? feed_->accept_silently() : feed_->accept();
    ASSERT_TRUE(peer_) << cycle << program_->output();
  }
  peer_ = nullptr;
  peer_ = feed_->accept();
  ASSERT_TRUE(peer_);
  EXPECT_TRUE(hears("after all"));
  const auto after = figures_of(program_->pid());
  ASSERT_TRUE(after);
  EXPECT_LE(after->descriptors, before->descriptors);
  figure("cycles", cycles);
  figure("growth_kib", (after->own_bytes - std::min(after->own_bytes, before->own_bytes)) >> 10U);
}

TEST_F(WebSocketFaults, ManyListenersLeaveNoDescriptorBehind) {
  const auto port = free_port();
  // The feed of this case says nothing by itself.
  run({{"SINK_URL", "ws-listen://127.0.0.1:" + std::to_string(port)},
       {"SOURCE_KEEP_ALIVE", "600s"}});
  ASSERT_TRUE(wait_until([&] { return accepts(port); }));
  // Only with the first result everything is open that stays open.
  const auto first = connect_websocket(port);
  ASSERT_TRUE(first);
  ASSERT_TRUE(peer_->text("first"));
  ASSERT_TRUE(first->next_data(kPatience));
  const auto before = figures_of(program_->pid());
  ASSERT_TRUE(before);
  const int cycles = scaled(50, 1000);
  for (int cycle = 0; cycle < cycles; ++cycle) {
    auto listener = random_() % 4 == 0 ? dial(port) : connect_websocket(port);
    ASSERT_TRUE(listener);
    peer_->text("result");
    switch (random_() % 4) {
      case 0:
        listener->close(1000);
        break;
      case 1:
        listener->send_bytes("GET / nonsense\r\n\r\n");
        break;
      case 2:
        static_cast<void>(listener->next(10ms));
        break;
      default:
        break;
    }
  }
  EXPECT_TRUE(wait_until([&] {
    const auto now = figures_of(program_->pid());
    return now && now->descriptors <= before->descriptors;
  })) << figures_of(program_->pid())->descriptors
      << " after " << before->descriptors;
  const auto listener = connect_websocket(port);
  EXPECT_TRUE(wait_until([&] {
    peer_->text("fresh");
    const auto frame = listener->next_data(50ms);
    return frame && frame->payload == "fresh";
  }));
  EXPECT_EQ(program_->stop(), 0) << program_->output();
}

// The kernel drops everything: nothing says that the other side has gone.
class HalfOpen : public WebSocketFaults {
 protected:
  std::string lacking() const override { return NetNamespace::lacking(); }
};

TEST_F(HalfOpen, AConnectionIsNoticedAndMadeAgain) {
  const NetNamespace network;
  feed_ = std::make_unique<WebSocketFeed>(network.outside());
  start({}, {.wrapper = network.wrapper()});
  const auto old = std::move(peer_);
  const auto fault = Clock::now();
  for (const auto way : {Direction::to_broker, Direction::to_client}) network.drop(way, true);
  EXPECT_TRUE(says("nothing was heard for ", idle() + kPatience)) << program_->output();
  EXPECT_LE(since(fault), idle() + kReconnect);
  figure("noticed_after_ms", since(fault).count());
  for (const auto way : {Direction::to_broker, Direction::to_client}) network.drop(way, false);
  // The kernel repeats a SYN after 1, 3 and 7 seconds.
  expect_back(Clock::now(), 8s);
}

}  // namespace
}  // namespace millrace::test
