// What every sink has to keep (include/millrace/sink.hpp).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <utility>

#include "sink/stream_sink.hpp"
#include "sink/ws_listen_sink.hpp"
#include "sink/ws_sink.hpp"
#include "support/ports.hpp"
#include "support/raw_websocket.hpp"
#include "unit/sink/recorded_deliveries.hpp"

namespace millrace::test {
namespace {

using namespace std::chrono_literals;

/// A sink, and who receives.
class SinkWorld {
 public:
  virtual ~SinkWorld() = default;
  virtual SinkPtr make() = 0;
  /// After the start: whatever has to happen until somebody receives.
  virtual void connect() {}
  /// The other side goes, so that no goodbye has to be waited for.
  virtual void disconnect() {}
  /// The next result that came out.
  virtual std::string next() = 0;
};

class StreamWorld final : public SinkWorld {
 public:
  StreamWorld() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~StreamWorld() override {
    for (const int end : ends_) ::close(end);
  }
  StreamWorld(const StreamWorld&) = delete;
  StreamWorld& operator=(const StreamWorld&) = delete;

  SinkPtr make() override { return make_stream_sink(ends_[1], "pipe", false); }
  std::string next() override {
    std::size_t end = 0;
    while ((end = read_.find('\n')) == std::string::npos) {
      std::array<char, 65536> bytes{};
      const auto count = ::read(ends_[0], bytes.data(), bytes.size());
      if (count <= 0) return "nothing";
      read_.append(bytes.data(), static_cast<std::size_t>(count));
    }
    std::string line = read_.substr(0, end);
    read_.erase(0, end + 1);
    return line;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
  std::string read_;
};

class WsSinkWorld final : public SinkWorld {
 public:
  SinkPtr make() override {
    SinkConfig config;
    config.url = server_.url();
    return make_ws_sink(config);
  }
  void connect() override { EXPECT_TRUE(peer_ = server_.accept()); }
  void disconnect() override { peer_ = nullptr; }
  std::string next() override {
    const auto frame = peer_->next_data();
    return frame ? frame->payload : "nothing";
  }

 private:
  WebSocketFeed server_;
  RawWebSocketPtr peer_;
};

class WsListenWorld final : public SinkWorld {
 public:
  SinkPtr make() override {
    SinkConfig config;
    config.url = "ws-listen://127.0.0.1:" + std::to_string(port_);
    config.hold = true;
    return make_ws_listen_sink(config, silent_);
  }
  void connect() override { EXPECT_TRUE(client_ = connect_websocket(port_)); }
  void disconnect() override { client_ = nullptr; }
  std::string next() override {
    const auto frame = client_->next_data();
    return frame ? frame->payload : "nothing";
  }

 private:
  Observer silent_;
  const std::uint16_t port_ = free_port();
  RawWebSocketPtr client_;
};

struct SinkKind {
  std::string name;
  std::function<std::unique_ptr<SinkWorld>()> make;
};
void PrintTo(const SinkKind& kind, std::ostream* out) {
  *out << kind.name;
}

class EverySink : public testing::TestWithParam<SinkKind> {
 protected:
  void TearDown() override { world_->disconnect(); }

  void start() {
    sink_ = world_->make();
    sink_->start(deliveries_);
    world_->connect();
    ASSERT_TRUE(deliveries_.wait_for_ok());
  }
  void send(const std::string& bytes) { sink_->accept(result_of(next_++, bytes)); }

  const std::unique_ptr<SinkWorld> world_ = GetParam().make();
  RecordedDeliveries deliveries_;
  SinkPtr sink_;
  std::uint64_t next_ = 0;
};

INSTANTIATE_TEST_SUITE_P(
    Of, EverySink,
    testing::Values(SinkKind{"stream", [] { return std::make_unique<StreamWorld>(); }},
                    SinkKind{"ws", [] { return std::make_unique<WsSinkWorld>(); }},
                    SinkKind{"ws_listen", [] { return std::make_unique<WsListenWorld>(); }}),
    [](const auto& kind) { return kind.param.name; });

TEST_P(EverySink, SendsInOrderAndConfirmsEachOnce) {
  start();
  for (int i = 0; i < 500; ++i) send(std::to_string(i));
  for (int i = 0; i < 500; ++i) ASSERT_EQ(world_->next(), std::to_string(i));
  ASSERT_TRUE(deliveries_.wait_for(500));
  const auto numbers = deliveries_.numbers();
  for (std::uint64_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i);
}

TEST_P(EverySink, AcceptsWithoutWaitingForAReceiver) {
  start();
  const std::string large(200000, 'x');
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 60; ++i) send(large);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s) << "12 MB that nobody reads";
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(world_->next() == large) << i;
  EXPECT_TRUE(deliveries_.wait_for(60));
}

TEST_P(EverySink, PutsADeadLetterInItsPlace) {
  start();
  send("before");
  auto outcome = *result_of(next_++, {});
  outcome.verdict = Rejected{"no number"};
  sink_->accept(std::make_shared<const Outcome>(std::move(outcome)));
  send("after");
  EXPECT_EQ(world_->next(), "before");
  EXPECT_EQ(nlohmann::json::parse(world_->next()).at("cause"), "no number");
  EXPECT_EQ(world_->next(), "after");
  EXPECT_TRUE(deliveries_.wait_for(3));
}

TEST_P(EverySink, ConfirmsNothingAfterItsStop) {
  start();
  send("sent");
  ASSERT_TRUE(deliveries_.wait_for(1));
  sink_->stop();
  send("too late");
  sink_.reset();
  EXPECT_EQ(deliveries_.numbers().size(), 1U);
}

}  // namespace
}  // namespace millrace::test
