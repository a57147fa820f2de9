#include "observability/log.hpp"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <utility>

#include "event/event_id.hpp"
#include "event/verdict.hpp"
#include "observability/log_writer.hpp"

namespace millrace {
namespace {

// What becomes of every connection that is lost or refused.
constexpr const char* kTryingAgain = "trying again";

const char* name(End end) {
  switch (end) {
    case End::source:
      return "source";
    case End::sink:
      return "sink";
    case End::dead_letters:
      break;
  }
  return "dead letters";
}

LogLine about(Severity severity, const Frame& frame, unsigned attempt, std::string text) {
  return {severity, "processing", std::move(text), to_string(frame.id), attempt, 0};
}

std::string worker(const Attempt& attempt) {
  return "worker " + std::to_string(attempt.worker);
}

}  // namespace

Log::Log(const LogConfig& config)
    : writer_(std::make_unique<Writer>(config, std::make_shared<spdlog::sinks::stderr_sink_mt>(),
                                       std::chrono::steady_clock::now,
                                       std::chrono::system_clock::now)) {}

Log::Log(const LogConfig& config, std::ostream& out, SteadyNow steady, SystemNow system)
    : writer_(std::make_unique<Writer>(config,
                                       std::make_shared<spdlog::sinks::ostream_sink_mt>(out),
                                       std::move(steady), std::move(system))) {}

Log::~Log() {
  writer_->report_left_out(true);
}

void Log::set_level(LogLevel level) {
  writer_->set_level(level);
}

void Log::report_left_out() {
  writer_->report_left_out(false);
}

void Log::frame_cut(const Frame& frame) {
  if (!writer_->wants(Severity::debug)) return;
  writer_->always({Severity::debug, "framing",
                   "frame of " + std::to_string(frame.raw.size()) + " bytes from " + frame.stream,
                   to_string(frame.id), 0, 0});
}

void Log::work_started(const Frame& frame, const Attempt& attempt) {
  if (!writer_->wants(Severity::debug)) return;
  writer_->always(about(Severity::debug, frame, attempt.number, "started by " + worker(attempt)));
}

void Log::work_finished(const Frame& frame, const Attempt& attempt, const Verdict& verdict) {
  if (const auto* failed = std::get_if<Failed>(&verdict)) {
    writer_->limited(about(Severity::warning, frame, attempt.number,
                           failed->again_in
                               ? "held, no attempt is spent: " + failed->cause
                               : "failed, tried up to processing.attempts: " + failed->cause));
  } else if (writer_->wants(Severity::debug)) {
    writer_->always(
        about(Severity::debug, frame, attempt.number, "finished by " + worker(attempt)));
  }
}

void Log::retry_scheduled(const Frame& frame, std::chrono::milliseconds delay) {
  if (!writer_->wants(Severity::debug)) return;
  writer_->always(about(Severity::debug, frame, 0,
                        "is tried again in " + std::to_string(delay.count()) + " ms"));
}

void Log::work_overran(const Frame& frame, const Attempt& attempt) {
  writer_->limited(
      about(Severity::error, frame, attempt.number,
            "has taken twice its timeout and does not return; not live until it does"));
}

void Log::overrun_ended(const Frame& frame, const Attempt& attempt) {
  writer_->limited(about(Severity::info, frame, attempt.number, "has returned after all"));
}

void Log::processing_changed(const ProcessingState& state) {
  if (state.ok) {
    writer_->limited({Severity::info, "processing", "at work again", "", 0, 0});
  } else {
    writer_->limited({Severity::warning, "processing",
                      "not at work, events are held: " + state.reason, "", 0, 0});
  }
}

void Log::worker_said(unsigned worker, const EventId* event, const std::string& line) {
  writer_->limited({Severity::info, "worker", std::to_string(worker) + ": " + line,
                    event != nullptr ? to_string(*event) : "", 0, 0});
}

void Log::outcome_emitted(const Outcome& outcome) {
  if (const std::string* why = cause_of(outcome.verdict)) {
    writer_->limited(about(Severity::warning, *outcome.frame, outcome.attempts,
                           "a dead letter in its place: " + *why));
  } else if (writer_->wants(Severity::debug)) {
    writer_->always(about(Severity::debug, *outcome.frame, outcome.attempts, "emitted"));
  }
}

void Log::outcome_filtered(const Outcome& outcome) {
  if (!writer_->wants(Severity::debug)) return;
  const auto* filtered = std::get_if<Filtered>(&outcome.verdict);
  const bool named = filtered != nullptr && !filtered->reason.empty();
  writer_->always(about(Severity::debug, *outcome.frame, outcome.attempts,
                        named ? "filtered: " + filtered->reason : "filtered"));
}

void Log::outcome_dropped(const Outcome& outcome) {
  const std::string* why = cause_of(outcome.verdict);
  writer_->limited(about(Severity::warning, *outcome.frame, outcome.attempts,
                         "dropped by processing.on_failure: " + (why ? *why : std::string())));
}

void Log::outcome_confirmed(std::uint64_t number) {
  if (!writer_->wants(Severity::debug)) return;
  writer_->always(
      {Severity::debug, "sink", "confirmed number " + std::to_string(number), "", 0, 0});
}

void Log::connection_changed(End end, const ConnectionState& state) {
  if (state.ok) {
    writer_->limited({Severity::info, name(end), "connected", "", 0, 0});
  } else {
    std::string text = state.reason.empty() ? "not connected" : state.reason;
    const bool said = state.expected || text.find(kTryingAgain) != std::string::npos;
    if (!said) text += std::string("; ") + kTryingAgain;
    writer_->limited({state.expected ? Severity::info : Severity::warning, name(end),
                      std::move(text), "", 0, 0});
  }
}

void Log::paused(bool now) {
  if (now) {
    writer_->limited(
        {Severity::warning, "source", "paused: no room until results have gone out", "", 0, 0});
  } else {
    writer_->limited({Severity::info, "source", "resumed: there is room again", "", 0, 0});
  }
}

void Log::journal_changed(const JournalState& state) {
  if (!writer_->journal_turned(state.writable)) return;
  if (state.writable) {
    writer_->limited({Severity::info, "journal", "writable again", "", 0, 0});
  } else {
    writer_->limited(
        {Severity::error, "journal", "not writable, stopping: " + state.reason, "", 0, 0});
  }
}

void Log::notice(const Notice& notice) {
  writer_->limited({notice.severity, notice.component, notice.text, "", 0, 0});
}

}  // namespace millrace
