#include "observability/health.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "event/event_id.hpp"

namespace millrace {
namespace {

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string part(const std::string& reason) {
  if (reason.empty()) return R"({"ok": true})";
  return R"({"ok": false, "reason": )" + quoted(reason) + "}";
}

std::string why(const ConnectionState& state) {
  if (state.ok) return {};
  return state.reason.empty() ? "not connected" : state.reason;
}

}  // namespace

Health::Health(std::function<Clock::time_point()> now) : now_(std::move(now)), beaten_(now_()) {}

void Health::beat() {
  const auto now = now_();
  const std::lock_guard lock(mutex_);
  beaten_ = now;
}

std::string Health::stuck_reason() const {
  if (!overrun_.empty()) {
    return std::to_string(overrun_.size()) +
           " call(s) took twice processing.timeout and have not returned, such as that of event " +
           overrun_.begin()->second;
  }
  if (now_() - beaten_ >= kBeat) {
    return "the control thread has not moved for " + std::to_string(kBeat.count()) + " s";
  }
  return {};
}

std::string Health::source_reason() const {
  if (stopping_) return "stopping";
  if (paused_) return "paused: no room for more until results have gone out";
  return source_;
}

Health::Report Health::live() const {
  const std::lock_guard lock(mutex_);
  const std::string reason = stuck_reason();
  if (reason.empty()) return {200, R"({"live": true})"};
  return {503, R"({"live": false, "reason": )" + quoted(reason) + "}"};
}

Health::Report Health::ready() const {
  const std::lock_guard lock(mutex_);
  const std::string source = source_reason();
  const std::string stuck = stuck_reason();
  const std::string& processing = stuck.empty() ? processing_ : stuck;
  const std::string& sink = sink_.empty() ? dead_letters_ : sink_;
  const bool ready = source.empty() && sink.empty() && journal_.empty() && processing.empty();
  return {ready ? 200U : 503U, std::string(R"({"ready": )") + (ready ? "true" : "false") +
                                   R"(, "source": )" + part(source) + R"(, "sink": )" + part(sink) +
                                   R"(, "journal": )" + part(journal_) + R"(, "processing": )" +
                                   part(processing) + "}"};
}

Health::Condition Health::condition() const {
  const std::lock_guard lock(mutex_);
  const auto named = [](const char* name, const std::string& reason) {
    return reason.empty() ? reason : std::string(name) + ": " + reason;
  };
  Condition condition{paused_ && !stopping_, named("source", source_reason())};
  for (const auto& reason :
       {named("sink", sink_.empty() ? dead_letters_ : sink_), named("journal", journal_),
        named("processing", processing_), named("processing", stuck_reason())}) {
    if (condition.reason.empty()) condition.reason = reason;
  }
  return condition;
}

void Health::work_overran(const Frame& frame, const Attempt&) {
  const std::lock_guard lock(mutex_);
  overrun_.emplace(frame.number, to_string(frame.id));
}

void Health::overrun_ended(const Frame& frame, const Attempt&) {
  const std::lock_guard lock(mutex_);
  overrun_.erase(frame.number);
}

void Health::processing_changed(const ProcessingState& state) {
  const std::lock_guard lock(mutex_);
  if (state.ok) {
    processing_.clear();
  } else {
    processing_ = state.reason.empty() ? "not at work" : state.reason;
  }
}

void Health::connection_changed(End end, const ConnectionState& state) {
  const std::lock_guard lock(mutex_);
  switch (end) {
    case End::source:
      source_ = why(state);
      break;
    case End::sink:
      sink_ = why(state);
      break;
    case End::dead_letters:
      dead_letters_ = state.ok ? "" : "dead letters: " + why(state);
      break;
  }
}

void Health::paused(bool now) {
  const std::lock_guard lock(mutex_);
  paused_ = now;
}

void Health::journal_changed(const JournalState& state) {
  const std::lock_guard lock(mutex_);
  if (state.writable) {
    journal_.clear();
  } else {
    journal_ = state.reason.empty() ? "not writable" : state.reason;
  }
}

void Health::stopping() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
}

}  // namespace millrace
