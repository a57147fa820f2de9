// WorkerPool: as many processes of the command as there are workers, kept whole.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "exec/restarts.hpp"
#include "exec/spawner.hpp"
#include "exec/worker_process.hpp"
#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "net/wake_event.hpp"

namespace millrace {

/// Starts the processes, lends them to workers, replaces those that are lost, and says how they
/// are. A thread of its own does what is not about an event under way: it starts processes, reads
/// their standard error, notices idle ones that end, and that the spawner is gone.
///
/// Threads: any.
/// Lifetime: nothing may be lent out when it is destroyed. The processes are asked to end by the
/// end of their input, then by SIGTERM, then killed, a second for each step.
class WorkerPool {
 public:
  /// What it tells its owner, on its own thread.
  struct Events {
    std::function<void(const ProcessingState&)> changed;
    std::function<void(unsigned worker, const EventId* event, const std::string& line)> said;
    std::function<void(unsigned worker)> restarted;  ///< in the place of one that was lost
    std::function<void(const std::string& text)> warning;
    std::function<void(const std::string& why)> broken;  ///< nothing can be started any more
  };

  WorkerPool(Spawner& spawner, const ProcessingConfig& processing, std::size_t line_bytes,
             Events events);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// A process that is lent. To be given back by one of `replied` and `lost`.
  struct Lent {
    unsigned worker = 0;
    std::shared_ptr<WorkerProcess> process;
  };
  /// There is none, and when it is worth asking again.
  struct None {
    std::string why;
    Duration again_in{};
  };

  /// One that waits for work; where one is just being started, once that is done.
  [[nodiscard]] std::variant<Lent, None> take(std::chrono::steady_clock::time_point deadline);

  /// It has answered; `fit`: and can be given the next event.
  void replied(const Lent& lent, bool fit);

  /// It is ended and replaced. `charged`: the event that it had is to blame, as far as one can
  /// know; else the process is.
  void lost(const Lent& lent, const std::string& why, bool charged);

  /// Whether any process of the command has ever answered.
  [[nodiscard]] bool proven() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Slot {
    enum class Is { absent, starting, idle, busy } is = Is::absent;
    std::shared_ptr<WorkerProcess> process;
    Clock::time_point since;  // it has been idle
    bool end_seen = false;    // by the pool's thread
    bool used = false;        // by a process before this one
    Restarts restarts;
  };
  struct Leaving {  // lost, but may still have something to say
    unsigned worker = 0;
    std::shared_ptr<WorkerProcess> process;
    Clock::time_point until;
  };
  class Watch;

  [[nodiscard]] std::variant<Slot*, None> choose(std::unique_lock<std::mutex>& lock,
                                                 Clock::time_point deadline);
  void let_go(Slot& slot, const std::string& why, bool charged);
  [[nodiscard]] unsigned number_of(const Slot& slot) const noexcept;
  [[nodiscard]] bool start_one();
  void settle(Slot& slot, std::variant<Spawner::Started, Spawner::NotStarted> result);
  [[nodiscard]] ProcessingState state() const;
  void tell_state();
  void spawner_gone();
  void run();
  void look_after(const std::vector<const WorkerProcess*>& ended);
  void end_processes();
  static void wait_for_ends(const std::vector<std::shared_ptr<WorkerProcess>>& processes);

  Spawner& spawner_;
  const WorkerProcess::Limits limits_;
  const Events events_;
  WakeEvent wake_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Slot> slots_;
  std::list<Leaving> leaving_;
  std::string cause_;  // of the last failure that nobody was charged with
  bool proven_ = false;
  bool gone_ = false;
  bool stopping_ = false;
  ProcessingState told_;
  std::thread thread_;
};

}  // namespace millrace
