#include "exec/exec_processor.hpp"

#include <utility>

#include "config/value.hpp"
#include "event/event_id.hpp"
#include "exec/protocol.hpp"

namespace millrace {
namespace {

WorkerPool::Events events(Observer& observer, std::function<void(const std::string&)> broken) {
  return {
      .changed = [&observer](const ProcessingState& state) { observer.processing_changed(state); },
      .said = [&observer](unsigned worker, const EventId* event,
                          const std::string& line) { observer.worker_said(worker, event, line); },
      .restarted = [&observer](unsigned worker) { observer.worker_restarted(worker); },
      .warning =
          [&observer](const std::string& text) {
            observer.notice({Severity::warning, "exec", text});
          },
      .broken = std::move(broken)};
}

}  // namespace

Exec::Exec(const Config& config, Spawner& spawner, Observer& observer,
           std::function<void(const std::string& why)> broken)
    : timeout_(config.processing.timeout),
      pool_(spawner, config.processing, longest_reply(config.limits.result_bytes),
            events(observer, std::move(broken))) {}

Verdict Exec::process(const Frame& frame, const Attempt& attempt) {
  auto taken = pool_.take(attempt.deadline);
  if (auto* none = std::get_if<WorkerPool::None>(&taken)) {
    return Failed{"exec: " + none->why, none->again_in};
  }
  const auto& lent = std::get<WorkerPool::Lent>(taken);
  Exchange exchange =
      lent.process->exchange(request_line(frame, attempt.number), frame.id, attempt.deadline);
  switch (exchange.end) {
    case Exchange::End::line:
      return answer(lent, frame, std::move(exchange));
    case Exchange::End::died:
      return failed(lent, exchange.text, exchange.touched && pool_.proven());
    case Exchange::End::late:
      return failed(lent, "has not answered within " + format_duration(timeout_), exchange.touched);
    case Exchange::End::broken:
      break;
  }
  return failed(lent, exchange.text, exchange.touched);
}

Verdict Exec::answer(const WorkerPool::Lent& lent, const Frame& frame, Exchange exchange) {
  const std::string id = to_string(frame.id);
  auto parsed = parse_reply(exchange.text);
  if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
    return stray(lent, exchange, error->id, "wrote a reply that " + error->why);
  }
  auto& reply = std::get<WorkerReply>(parsed);
  if (reply.id != id) return stray(lent, exchange, reply.id, "wrote a reply to another event");
  lent.process->answered(id);
  pool_.replied(lent, !exchange.excess);
  return std::move(reply.verdict);
}

// What belongs to the event before, or came before this one was looked at, is not this one's fault.
Verdict Exec::stray(const WorkerPool::Lent& lent, const Exchange& exchange, const std::string& id,
                    const std::string& why) {
  const bool of_the_last = !id.empty() && id == lent.process->answered();
  if (of_the_last) return failed(lent, "wrote more than one line for an event", false);
  return failed(lent, why, exchange.touched);
}

Verdict Exec::failed(const WorkerPool::Lent& lent, const std::string& why, bool charged) {
  pool_.lost(lent, why, charged);
  Failed failed{"exec: the worker process " + why, {}};
  if (!charged) failed.again_in = Duration(0);
  return failed;
}

}  // namespace millrace
