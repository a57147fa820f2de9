// IoThread: an io_context with the one thread that runs it.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>
#include <thread>

namespace millrace {

/// Where the sockets of one source, sink or server live: on a single thread, so that nothing of
/// theirs needs a lock.
///
/// Threads: `start`, `post` and `join` from any but its own. Errors: none leave a handler.
/// Lifetime: what its handlers use outlives `join`.
class IoThread {
 public:
  ~IoThread();
  IoThread() = default;
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }

  /// `name`: of the thread, at most 15 bytes.
  void start(const std::string& name);

  void post(std::function<void()> task);

  /// Returns when nothing is under way any more: whoever calls it has ended what would be.
  void join();

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  std::thread thread_;
};

}  // namespace millrace
