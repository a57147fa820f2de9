#include "observability/observers.hpp"

namespace millrace {

void Observers::chunk_received(const Chunk& chunk) {
  for (Observer* each : list_) each->chunk_received(chunk);
}

void Observers::chunk_stored(std::size_t bytes, std::chrono::nanoseconds took) {
  for (Observer* each : list_) each->chunk_stored(bytes, took);
}

void Observers::chunk_skipped(std::string_view stream) {
  for (Observer* each : list_) each->chunk_skipped(stream);
}

void Observers::frame_cut(const Frame& frame) {
  for (Observer* each : list_) each->frame_cut(frame);
}

void Observers::work_started(const Frame& frame, const Attempt& attempt) {
  for (Observer* each : list_) each->work_started(frame, attempt);
}

void Observers::work_finished(const Frame& frame, const Attempt& attempt, const Verdict& verdict) {
  for (Observer* each : list_) each->work_finished(frame, attempt, verdict);
}

void Observers::retry_scheduled(const Frame& frame, std::chrono::milliseconds delay) {
  for (Observer* each : list_) each->retry_scheduled(frame, delay);
}

void Observers::work_overran(const Frame& frame, const Attempt& attempt) {
  for (Observer* each : list_) each->work_overran(frame, attempt);
}

void Observers::overrun_ended(const Frame& frame, const Attempt& attempt) {
  for (Observer* each : list_) each->overrun_ended(frame, attempt);
}

void Observers::processing_changed(const ProcessingState& state) {
  for (Observer* each : list_) each->processing_changed(state);
}

void Observers::worker_said(unsigned worker, const EventId* event, const std::string& line) {
  for (Observer* each : list_) each->worker_said(worker, event, line);
}

void Observers::worker_restarted(unsigned worker) {
  for (Observer* each : list_) each->worker_restarted(worker);
}

void Observers::outcome_emitted(const Outcome& outcome) {
  for (Observer* each : list_) each->outcome_emitted(outcome);
}

void Observers::outcome_filtered(const Outcome& outcome) {
  for (Observer* each : list_) each->outcome_filtered(outcome);
}

void Observers::outcome_dropped(const Outcome& outcome) {
  for (Observer* each : list_) each->outcome_dropped(outcome);
}

void Observers::outcome_replaced(const Outcome& outcome) {
  for (Observer* each : list_) each->outcome_replaced(outcome);
}

void Observers::broker_refused(RefusedBy by, int code) {
  for (Observer* each : list_) each->broker_refused(by, code);
}

void Observers::clients_changed(std::size_t count) {
  for (Observer* each : list_) each->clients_changed(count);
}

void Observers::outcome_confirmed(std::uint64_t number) {
  for (Observer* each : list_) each->outcome_confirmed(number);
}

void Observers::connection_changed(End end, const ConnectionState& state) {
  for (Observer* each : list_) each->connection_changed(end, state);
}

void Observers::paused(bool now) {
  for (Observer* each : list_) each->paused(now);
}

void Observers::journal_changed(const JournalState& state) {
  for (Observer* each : list_) each->journal_changed(state);
}

void Observers::stopping() {
  for (Observer* each : list_) each->stopping();
}

void Observers::notice(const Notice& notice) {
  for (Observer* each : list_) each->notice(notice);
}

}  // namespace millrace
