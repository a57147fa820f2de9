// Health: what /livez and /readyz answer.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "millrace/observer.hpp"

namespace millrace {

/// Keeps the state of every part, and puts it into one JSON object.
///
/// Live: the control thread beats, and no call of the processor has overrun twice its timeout. What
/// is outside (a broker that is away) never makes it false.
/// Ready: live, source granted, sink connected, journal writable, processor at work, and not
/// stopping.
/// Threads: all methods may be called from any.
class Health final : public Observer {
 public:
  using Clock = std::chrono::steady_clock;

  /// Without a beat for so long, the process does not move.
  static constexpr std::chrono::seconds kBeat{10};

  /// A status code and the JSON object that goes with it.
  struct Report {
    unsigned status = 200;  ///< 200 or 503
    std::string body;
  };

  explicit Health(std::function<Clock::time_point()> now = Clock::now);

  /// The control thread moves. To be called at least every few seconds.
  void beat();

  /// `{"live": true}`, or false with a reason.
  [[nodiscard]] Report live() const;

  /// `{"ready": …, "source": {"ok": …, "reason": "…"}, "sink": …, "journal": …, "processing": …}`;
  /// a part that is well has no reason.
  [[nodiscard]] Report ready() const;

  /// The same in short: the first reason there is, empty when ready.
  struct Condition {
    bool paused = false;
    std::string reason;
  };
  [[nodiscard]] Condition condition() const;

  void work_overran(const Frame& frame, const Attempt& attempt) override;
  void overrun_ended(const Frame& frame, const Attempt& attempt) override;
  void processing_changed(const ProcessingState& state) override;
  void connection_changed(End end, const ConnectionState& state) override;
  void paused(bool now) override;
  void journal_changed(const JournalState& state) override;
  void stopping() override;

 private:
  // Why a part is not well; empty when it is.
  [[nodiscard]] std::string source_reason() const;
  [[nodiscard]] std::string stuck_reason() const;

  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  Clock::time_point beaten_;
  std::string source_ = "not yet connected";
  std::string sink_ = "not yet connected";
  // Well until it is said otherwise: only where they have a connection of their own is there one.
  std::string dead_letters_;
  std::string journal_;
  std::string processing_;
  // The event that a worker does not come back from, by the frame's number.
  std::map<std::uint64_t, std::string> overrun_;
  bool paused_ = false;
  bool stopping_ = false;
};

}  // namespace millrace
