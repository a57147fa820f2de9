#include "pipeline/control.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "event/event_id.hpp"
#include "event/verdict.hpp"

namespace millrace {
namespace {

// Shares of the journal's limit. Wide apart, because every pause ends a connection.
constexpr std::uint64_t kHighWaterPercent = 80;
constexpr std::uint64_t kLowWaterPercent = 25;

// How soon a change of mind is seen while events are being finished.
constexpr std::chrono::milliseconds kLookInterval{100};

bool above(const JournalState& state, std::uint64_t percent) {
  return state.bytes >= state.limit / 100 * percent;
}

}  // namespace

// What one sink reports, with the name of its end.
class Control::SinkReports final : public Deliveries {
 public:
  SinkReports(Control& control, millrace::End end) : control_(control), end_(end) {}

  void confirmed(std::uint64_t number) override { control_.pipeline_.confirmed(number); }
  void state(ConnectionState state) override {
    control_.parts_.observer.connection_changed(end_, state);
  }
  void failed(std::string why) override {
    control_.undeliverable_.store(true);
    control_.stop_for({ExitCode::failed, "sink: " + std::move(why)});
  }

 private:
  Control& control_;
  const millrace::End end_;
};

Control::Control(const Config& config, ControlParts parts)
    : config_(config),
      parts_(std::move(parts)),
      result_reports_(std::make_unique<SinkReports>(*this, millrace::End::sink)),
      dead_letter_reports_(std::make_unique<SinkReports>(*this, millrace::End::dead_letters)),
      pipeline_(config,
                {parts_.journal, parts_.make_framer, parts_.processor, parts_.results,
                 parts_.dead_letters, parts_.observer, parts_.evidence, parts_.dedupe,
                 parts_.connections},
                pipeline_events()) {}

Control::~Control() = default;

PipelineEvents Control::pipeline_events() {
  return {
      .stream_broken =
          [this](const std::string& stream) {
            parts_.scheduler.post([this, stream] { parts_.source.close_stream(stream); });
          },
      .committed = [this] { look_at_room(); },
      .journal_failed = [this](std::error_code error) { journal_failed(error); },
      .stopped =
          [this](const Outcome& outcome) {
            const auto* cause = cause_of(outcome.verdict);
            stop_for({ExitCode::failed,
                      "event " + to_string(outcome.frame->id) + " of " + outcome.frame->stream +
                          " stops the run: " + (cause != nullptr ? *cause : std::string())});
          },
  };
}

Control::End Control::run() {
  parts_.scheduler.post([this] { start_all(); });
  if (wait_for_reason().source_ended) {
    while (!asked_again() && !pipeline_.finish(std::chrono::steady_clock::now() + kLookInterval)) {
    }
  }
  return stop(wait_for_reason());
}

// From the sink up, so that nothing arrives that can't leave. The connections of source and sink
// are begun together: a second one that begins later waits for Paho's one receive thread.
void Control::start_all() {
  parts_.observer.journal_changed(parts_.journal.state());
  pipeline_.start();
  parts_.results.start(*result_reports_);
  if (&parts_.dead_letters != &parts_.results) parts_.dead_letters.start(*dead_letter_reports_);
  parts_.source.start(*this);
}

void Control::request_stop() {
  stop_for({ExitCode::clean, "asked to stop"});
}

void Control::fail(const std::string& why) {
  stop_for({ExitCode::failed, why});
}

void Control::stop_for(Reason reason) {
  {
    const std::lock_guard lock(mutex_);
    ++reasons_;
    if (!reason_ || reason.code > reason_->code) reason_ = std::move(reason);
  }
  changed_.notify_all();
}

Control::Reason Control::wait_for_reason() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return reason_.has_value(); });
  return reason_.value_or(Reason{});
}

bool Control::asked_again() {
  const std::lock_guard lock(mutex_);
  return reasons_ > 1;
}

// What waits for a sink that has failed would wait for ever.
bool Control::drain(std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    if (undeliverable_.load()) return false;
    const auto now = std::chrono::steady_clock::now();
    if (pipeline_.drain(std::min(deadline, now + kLookInterval))) return true;
    if (now >= deadline) return false;
  }
}

Control::End Control::stop(const Reason& reason) {
  const auto deadline = std::chrono::steady_clock::now() + config_.limits.drain;
  stopping_.store(true);
  parts_.observer.stopping();
  notice(reason.code == ExitCode::clean ? Severity::info : Severity::error,
         "stopping: " + reason.text);
  const bool source_stopped = on_control([this] { parts_.source.stop(); }, deadline);
  // Without a journal nothing can be committed, so nothing more may be sent.
  if (reason.code == ExitCode::unsafe) return {reason.code, false};
  if (!source_stopped || !drain(deadline)) {
    notice(Severity::error, "not all could be finished within limits.drain; what is left " +
                                std::string(parts_.journal.durable()
                                                ? "is in the journal and comes at the next start"
                                                : "is lost: journal.durability is off"));
    return {ExitCode::failed, false};
  }
  const bool sinks_stopped = on_control(
      [this] {
        parts_.results.stop();
        if (&parts_.dead_letters != &parts_.results) parts_.dead_letters.stop();
      },
      deadline);
  if (const auto error = parts_.journal.close()) {
    notice(Severity::error, "journal: " + error.message());
    return {ExitCode::unsafe, false};
  }
  return {wait_for_reason().code, sinks_stopped};
}

bool Control::on_control(const std::function<void()>& task,
                         std::chrono::steady_clock::time_point deadline) {
  auto done = std::make_shared<std::promise<void>>();
  auto future = done->get_future();
  parts_.scheduler.post([task, done] {
    task();
    done->set_value();
  });
  return future.wait_until(deadline) == std::future_status::ready;
}

std::error_code Control::chunk(Chunk chunk) {
  parts_.observer.chunk_received(chunk);
  const auto bytes = chunk.bytes.size();
  const auto begun = std::chrono::steady_clock::now();
  const auto error = parts_.journal.append(std::move(chunk));
  if (!error) parts_.observer.chunk_stored(bytes, std::chrono::steady_clock::now() - begun);
  return stored(error);
}

std::error_code Control::cut(Cut cut) {
  return stored(parts_.journal.append(std::move(cut)));
}

std::error_code Control::stored(std::error_code error) {
  const bool full = error == std::errc::no_buffer_space;
  if (error && !full) journal_failed(error);
  if ((full || above(parts_.journal.state(), kHighWaterPercent)) && !pause_wanted_.exchange(true)) {
    parts_.scheduler.post([this] { pause(); });
  }
  return error;
}

void Control::journal_failed(std::error_code error) {
  JournalState state = parts_.journal.state();
  state.writable = false;
  state.reason = error.message();
  parts_.observer.journal_changed(state);
  stop_for({ExitCode::unsafe, "journal: " + error.message()});
}

void Control::state(ConnectionState state) {
  pipeline_.source_connected(state.connected);
  parts_.observer.connection_changed(millrace::End::source, state);
}

void Control::ended(std::string error) {
  stop_for(error.empty() ? Reason{ExitCode::clean, "the source has ended", true}
                         : Reason{ExitCode::failed, "source: " + error, true});
}

void Control::pause() {
  if (stopping_.load()) return;
  parts_.source.pause();
  paused_.store(true);
  parts_.observer.paused(true);
  parts_.observer.journal_changed(parts_.journal.state());
  look_at_room();  // it may have become free meanwhile
}

void Control::look_at_room() {
  if (!paused_.load() || above(parts_.journal.state(), kLowWaterPercent)) return;
  if (!resume_posted_.exchange(true)) parts_.scheduler.post([this] { resume(); });
}

void Control::resume() {
  resume_posted_.store(false);
  if (stopping_.load() || !paused_.exchange(false)) return;
  pause_wanted_.store(false);
  parts_.observer.paused(false);
  parts_.observer.journal_changed(parts_.journal.state());
  parts_.source.resume();
}

void Control::notice(Severity severity, const std::string& text) {
  parts_.observer.notice({severity, "control", text});
}

}  // namespace millrace
