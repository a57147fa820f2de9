// TcpFlow: what all connections of a TCP source share: one way in, which may be shut.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <string>

#include "millrace/config.hpp"
#include "millrace/source.hpp"

namespace millrace {

/// Hands in what connections have read, and says when they may read.
///
/// Bytes that have been read from a socket do not come again. So what the intake has no room for is
/// kept by its connection, and none reads any more until `resume`; the kernel's windows fill up and
/// hold the senders.
///
/// Threads: that of `io`. Lifetime: `io` and the intake outlive it.
class TcpFlow {
 public:
  /// `block`: bytes of the largest chunk.
  TcpFlow(boost::asio::io_context& io, Intake& intake, std::size_t block);

  [[nodiscard]] bool open() const noexcept { return !paused_ && !full_ && !failed_; }
  void pause() noexcept { paused_ = true; }
  void resume();

  /// Until `resume` or `wake`; the caller looks again.
  [[nodiscard]] boost::asio::awaitable<void> changed();
  void wake();

  /// Room for the next read of whichever connection.
  [[nodiscard]] char* room();
  [[nodiscard]] std::size_t room_size() const noexcept { return block_; }

  /// What was read into it, without what it did not fill.
  [[nodiscard]] Payload take(std::size_t bytes);

  enum class Answer { stored, no_room, failed };
  [[nodiscard]] Answer hand_in(Chunk chunk);
  void cut(const std::string& stream);

  /// Time in which connections could be read.
  [[nodiscard]] Duration clock() const noexcept { return clock_; }
  void passed(Duration time) noexcept;

 private:
  Answer answer(std::error_code error);

  Intake& intake_;
  const std::size_t block_;
  std::string buffer_;
  boost::asio::steady_timer changed_;
  Duration clock_{};
  bool paused_ = false;
  bool full_ = false;
  bool failed_ = false;
};

}  // namespace millrace
