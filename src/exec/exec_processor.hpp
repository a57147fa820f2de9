// Exec: work done by processes of the operator's own.
#pragma once

#include <functional>
#include <string>

#include "exec/spawner.hpp"
#include "exec/worker_pool.hpp"
#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/processor.hpp"

namespace millrace {

/// `exec`: gives each event to a process of `processing.command`, one at a time, and takes its
/// answer (`exec/protocol.hpp`).
///
/// A process that ends, does not answer in time, or does not keep to the protocol costs the event
/// that it had one attempt, and is replaced. It costs none (`Failed::again_in`) where the process
/// had not read a byte of the event, or was ended for what it had written about the one before; nor
/// where a process ends and none of the command has ever answered: that is the command's fault, and
/// the event waits until it works.
///
/// Threads: `process` by up to `processing.workers` threads at once.
/// Lifetime: spawner and observer outlive it. Its processes end with it.
class Exec final : public Processor {
 public:
  /// `broken` is called when no process can be started any more; on a thread of the pool's.
  Exec(const Config& config, Spawner& spawner, Observer& observer,
       std::function<void(const std::string& why)> broken);

  [[nodiscard]] Verdict process(const Frame& frame, const Attempt& attempt) override;

 private:
  Verdict answer(const WorkerPool::Lent& lent, const Frame& frame, Exchange exchange);
  Verdict stray(const WorkerPool::Lent& lent, const Exchange& exchange, const std::string& id,
                const std::string& why);
  Verdict failed(const WorkerPool::Lent& lent, const std::string& why, bool charged);

  const Duration timeout_;
  WorkerPool pool_;
};

}  // namespace millrace
