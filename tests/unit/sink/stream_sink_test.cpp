#include "sink/stream_sink.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
namespace {

class RecordingDeliveries final : public Deliveries {
 public:
  void confirmed(std::uint64_t number) override {
    const std::lock_guard lock(mutex_);
    numbers_.push_back(number);
    changed_.notify_all();
  }
  void state(ConnectionState state) override {
    const std::lock_guard lock(mutex_);
    state_ = std::move(state);
    changed_.notify_all();
  }
  void failed(std::string why) override {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(why);
    changed_.notify_all();
  }

  bool wait_for(std::size_t confirmed) {
    return wait([&] { return numbers_.size() >= confirmed; });
  }
  bool wait_for_failure() {
    return wait([&] { return failure_.has_value(); });
  }
  bool wait_for_problem() {
    return wait([&] { return !state_.ok && !state_.reason.empty(); });
  }

  std::vector<std::uint64_t> numbers() const {
    const std::lock_guard lock(mutex_);
    return numbers_;
  }
  ConnectionState connection() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  std::string failure() const {
    const std::lock_guard lock(mutex_);
    return failure_.value_or("");
  }

 private:
  bool wait(const std::function<bool()>& until) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), until);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> numbers_;
  ConnectionState state_;
  std::optional<std::string> failure_;
};

class StreamSinkTest : public testing::Test {
 protected:
  StreamSinkTest() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0);
  }
  ~StreamSinkTest() override {
    sink_.reset();
    ::close(ends_[1]);
    close_reader();
  }

  void start(bool envelope = false) { start_at(ends_[1], envelope); }

  void start_at(int fd, bool envelope = false) {
    sink_ = make_stream_sink(fd, "stdout", envelope);
    sink_->start(deliveries_);
  }

  void accept(Verdict verdict) {
    Frame frame;
    frame.number = next_;
    frame.id = {0x5f3a9c01, next_, 0};
    frame.stream = "events/a";
    frame.raw = frame.payload = Payload(std::string("in"));
    ++next_;
    sink_->accept(std::make_shared<Outcome>(
        Outcome{std::make_shared<Frame>(std::move(frame)), std::move(verdict), 1}));
  }

  void accept(const std::string& result) { accept(Result{Payload(result)}); }

  // Reads until `size` bytes are here.
  std::string read(std::size_t size) const {
    std::string bytes;
    while (bytes.size() < size) {
      std::array<char, 65536> block{};
      pollfd polled{ends_[0], POLLIN, 0};
      if (::poll(&polled, 1, 10000) <= 0) break;
      const auto count = ::read(ends_[0], block.data(), block.size());
      if (count <= 0) break;
      bytes.append(block.data(), static_cast<std::size_t>(count));
    }
    return bytes;
  }

  void close_reader() {
    if (ends_[0] >= 0) ::close(std::exchange(ends_[0], -1));
  }

  std::array<int, 2> ends_{-1, -1};
  RecordingDeliveries deliveries_;
  std::uint64_t next_ = 0;
  SinkPtr sink_;
};

TEST_F(StreamSinkTest, WritesResultsOneALineAndConfirmsThemInOrder) {
  start();
  EXPECT_TRUE(deliveries_.connection().ok);
  for (const char* result : {"1", "4", "", "9"}) accept(result);
  EXPECT_EQ(read(7), "1\n4\n\n9\n");
  ASSERT_TRUE(deliveries_.wait_for(4));
  EXPECT_EQ(deliveries_.numbers(), (std::vector<std::uint64_t>{0, 1, 2, 3}));
}

TEST_F(StreamSinkTest, WritesAPayloadWithLineEndsAsItIs) {
  start();
  accept("a\nb");
  EXPECT_EQ(read(4), "a\nb\n");
}

TEST_F(StreamSinkTest, WritesEnvelopesWhereAsked) {
  start(true);
  accept("a\nb");
  ASSERT_TRUE(deliveries_.wait_for(1));
  const std::string line = read(1);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const auto envelope = nlohmann::json::parse(line);
  EXPECT_EQ(envelope["id"], "5f3a9c01-0.0");
  EXPECT_EQ(envelope["payload"], "a\nb");
}

TEST_F(StreamSinkTest, WritesRejectedAndFailedOnesAsDeadLettersInTheirPlace) {
  start();
  accept("1");
  accept(Rejected{"no number"});
  accept(Failed{"no luck"});
  accept("4");
  ASSERT_TRUE(deliveries_.wait_for(4));
  std::vector<std::string> lines;
  std::string all = read(1);
  for (std::size_t end = 0; (end = all.find('\n')) != std::string::npos; all.erase(0, end + 1)) {
    lines.push_back(all.substr(0, end));
  }
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "1");
  EXPECT_EQ(nlohmann::json::parse(lines[1])["cause"], "no number");
  EXPECT_EQ(nlohmann::json::parse(lines[2])["cause"], "no luck");
  EXPECT_EQ(lines[3], "4");
}

TEST_F(StreamSinkTest, WaitsForASlowReaderWithoutHoldingUpAnyone) {
  start();
  const std::string result(1000, 'x');
  for (int i = 0; i < 1000; ++i) accept(result);  // a pipe takes 65536 bytes
  ASSERT_TRUE(deliveries_.wait_for(50));
  EXPECT_LT(deliveries_.numbers().size(), 70U) << "confirmed although not written";
  EXPECT_EQ(read(1001 * 1000).size(), 1001U * 1000U);
  ASSERT_TRUE(deliveries_.wait_for(1000));
}

TEST_F(StreamSinkTest, WritesALineThatIsLargerThanThePipe) {
  start();
  accept(std::string(300000, 'x'));
  accept("4");
  EXPECT_EQ(read(300003), std::string(300000, 'x') + "\n4\n");
  ASSERT_TRUE(deliveries_.wait_for(2));
}

TEST_F(StreamSinkTest, FailsWhenNobodyReadsAnyMore) {
  start();
  close_reader();
  accept("1");
  ASSERT_TRUE(deliveries_.wait_for_failure());
  EXPECT_EQ(deliveries_.failure(), "stdout: Broken pipe");
  EXPECT_FALSE(deliveries_.connection().ok);
  EXPECT_TRUE(deliveries_.numbers().empty());
  accept("4");
  sink_->stop();
  EXPECT_TRUE(deliveries_.numbers().empty());
}

TEST_F(StreamSinkTest, WaitsForRoomOnAFullDisk) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  start_at(full);
  accept("1");
  ASSERT_TRUE(deliveries_.wait_for_problem());
  EXPECT_EQ(deliveries_.connection().reason, "stdout: No space left on device");
  EXPECT_EQ(deliveries_.failure(), "");
  sink_->stop();
  EXPECT_TRUE(deliveries_.numbers().empty());
  sink_.reset();
  ::close(full);
}

TEST_F(StreamSinkTest, StopsAtOnceAlthoughNobodyReads) {
  start();
  for (int i = 0; i < 1000; ++i) accept(std::string(1000, 'x'));
  ASSERT_TRUE(deliveries_.wait_for(50));
  sink_->stop();
  EXPECT_LT(deliveries_.numbers().size(), 70U);
}

TEST_F(StreamSinkTest, WritesToADescriptorThatDoesNotBlock) {
  ASSERT_EQ(::fcntl(ends_[1], F_SETFL, O_NONBLOCK), 0);
  start();
  for (int i = 0; i < 200; ++i) accept(std::string(1000, 'x'));
  EXPECT_EQ(read(200200).size(), 200200U);
  ASSERT_TRUE(deliveries_.wait_for(200));
}

}  // namespace
}  // namespace millrace
