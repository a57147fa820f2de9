// Feeder: the thread that turns free credits into tokens.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "millrace/journal.hpp"
#include "pipeline/credits.hpp"
#include "pipeline/framing_stage.hpp"
#include "pipeline/wakeup.hpp"

namespace millrace {

/// Puts a token into the graph for each free credit, as long as there may be something to cut;
/// sleeps otherwise.
///
/// Threads: all but `start` from any.
class Feeder {
 public:
  Feeder(const Journal& journal, Credits& credits, const FramingStage& framing,
         std::function<void()> put_token);
  ~Feeder() { stop(); }
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  void start();

  /// Something may have changed: an entry, a credit, room for bytes.
  void wake() noexcept { wakeup_.notify(); }

  /// Time has changed something: one token even if there is nothing new.
  void nudge() noexcept;

  /// A token has done its work.
  void token_done() noexcept;

  /// No more tokens. On return the thread has ended; tokens may still be under way.
  void stop();

  /// Tokens in the graph that have not been looked at.
  [[nodiscard]] std::uint64_t tokens() const noexcept { return tokens_.load(); }

  /// True while there may be something to cut.
  [[nodiscard]] bool has_work() const noexcept;

 private:
  void run();
  bool wants_token() noexcept;

  const Journal& journal_;
  Credits& credits_;
  const FramingStage& framing_;
  const std::function<void()> put_token_;
  Wakeup wakeup_;
  std::atomic<std::uint64_t> tokens_ = 0;
  std::atomic<bool> nudged_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace
