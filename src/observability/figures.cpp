#include "observability/figures.hpp"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

constexpr std::chrono::seconds kRateTime{10};

double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

template <typename Enum>
std::size_t index_of(Enum value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

Figures::Figures(unsigned workers, Clocks clocks)
    : clocks_(std::move(clocks)),
      started_(clocks_.system()),
      started_steady_(clocks_.steady()),
      activity_(workers),
      restarts_(workers) {
  samples_.push_back(sample(started_steady_));
}

void Figures::chunk_stored(std::size_t bytes, std::chrono::nanoseconds took) {
  chunks_.fetch_add(1, std::memory_order_relaxed);
  chunk_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  append_.add(took);
}

void Figures::chunk_skipped(std::string_view /*stream*/) {
  chunks_skipped_.fetch_add(1, std::memory_order_relaxed);
}

void Figures::frame_cut(const Frame& frame) {
  frames_.fetch_add(1, std::memory_order_relaxed);
  frame_bytes_.fetch_add(frame.raw.size(), std::memory_order_relaxed);
}

void Figures::work_started(const Frame& /*frame*/, const Attempt& attempt) {
  activity_.started(attempt.worker, clocks_.steady());
}

void Figures::work_finished(const Frame& /*frame*/, const Attempt& attempt,
                            const Verdict& /*verdict*/) {
  activity_.finished(attempt.worker, clocks_.steady());
}

void Figures::retry_scheduled(const Frame& /*frame*/, std::chrono::milliseconds /*delay*/) {
  retries_.fetch_add(1, std::memory_order_relaxed);
}

void Figures::worker_restarted(unsigned worker) {
  if (worker < restarts_.size()) restarts_[worker].fetch_add(1, std::memory_order_relaxed);
}

void Figures::broker_refused(RefusedBy by, int code) {
  auto& count = refusals_[index_of(by)][static_cast<std::uint8_t>(code)];
  count.fetch_add(1, std::memory_order_relaxed);
}

void Figures::done(const EventTrace& trace) {
  const auto now = clocks_.system();
  latencies_.add(trace, now);
  result_bytes_.fetch_add(trace.bytes_out, std::memory_order_relaxed);
  fates_[index_of(trace.fate)][index_of(trace.origin)].fetch_add(1, std::memory_order_relaxed);
  done_.fetch_add(1, std::memory_order_relaxed);
  if (trace.fate != Fate::rejected && trace.fate != Fate::failed) return;
  if (trace.dropped) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
  } else {
    dead_letters_[index_of(trace.fate)].fetch_add(1, std::memory_order_relaxed);
    remember(trace, now);
  }
}

void Figures::remember(const EventTrace& trace, SystemClock::time_point now) {
  const std::lock_guard lock(mutex_);
  last_dead_letters_.push_front(
      {now, trace.id, trace.stream, trace.fate, trace.cause, trace.attempts});
  if (last_dead_letters_.size() > kDeadLetters) last_dead_letters_.pop_back();
}

void Figures::clients_changed(std::size_t count) {
  const std::lock_guard lock(mutex_);
  fan_out_clients_ = count;
}

void Figures::connection_changed(End end, const ConnectionState& state) {
  const std::lock_guard lock(mutex_);
  Connection& connection = connections_[index_of(end)];
  auto present = state.session_present;
  if (!present) present = connection.now.state.session_present;
  const bool opened = state.connected && !connection.now.state.connected;
  if (opened && connection.was_connected) ++connection.now.reconnects;
  connection.told = true;
  connection.was_connected = connection.was_connected || state.connected;
  connection.was_ok = connection.was_ok || state.ok;
  connection.now.state = state;
  connection.now.state.session_present = present;
}

void Figures::paused(bool now) {
  const auto time = clocks_.steady();
  const std::lock_guard lock(mutex_);
  if (now == paused_since_.has_value()) return;
  if (now) {
    ++pauses_;
    paused_since_ = time;
  } else {
    paused_for_ += time - *paused_since_;
    paused_since_.reset();
  }
}

void Figures::journal_changed(const JournalState& state) {
  const std::lock_guard lock(mutex_);
  journal_ = state;
}

void Figures::stopping() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
}

Figures::Sample Figures::sample(Clock::time_point now) const {
  return {now, frames_.load(std::memory_order_relaxed), done_.load(std::memory_order_relaxed),
          activity_.busy(now)};
}

// One sample is kept that is as old as rates look back, or the first one.
void Figures::tick() {
  Sample now = sample(clocks_.steady());
  const std::lock_guard lock(mutex_);
  while (samples_.size() > 1 && samples_[1].at + kRateTime <= now.at) samples_.pop_front();
  samples_.push_back(std::move(now));
}

Report Figures::report(InFlight in_flight, std::vector<UnderWay> under_way) const {
  Report report;
  report.started = started_;
  report.now = clocks_.system();
  report.at = clocks_.steady();
  report.uptime = in_seconds(report.at - started_steady_);
  report.in_flight = std::move(in_flight);
  report.under_way = std::move(under_way);
  report.chunks = chunks_.load(std::memory_order_relaxed);
  report.chunk_bytes = chunk_bytes_.load(std::memory_order_relaxed);
  report.chunks_skipped = chunks_skipped_.load(std::memory_order_relaxed);
  report.frames = frames_.load(std::memory_order_relaxed);
  report.frame_bytes = frame_bytes_.load(std::memory_order_relaxed);
  report.retries = retries_.load(std::memory_order_relaxed);
  report.latency = latencies_.histograms();
  report.recent_latency = latencies_.percentiles(report.at);
  report.append = append_.report();
  tell_done(report);
  tell_refusals(report);
  const std::lock_guard lock(mutex_);
  tell_rates(report);
  tell_state(report);
  return report;
}

void Figures::tell_done(Report& report) const {
  Report::Done& done = report.done;
  for (std::size_t fate = 0; fate < fates_.size(); ++fate) {
    for (std::size_t origin = 0; origin < fates_[fate].size(); ++origin) {
      done.by_origin[fate][origin] = fates_[fate][origin].load(std::memory_order_relaxed);
    }
    done.dead_letters[fate] = dead_letters_[fate].load(std::memory_order_relaxed);
  }
  done.dropped = dropped_.load(std::memory_order_relaxed);
  done.result_bytes = result_bytes_.load(std::memory_order_relaxed);
}

void Figures::tell_refusals(Report& report) const {
  for (std::size_t by = 0; by < refusals_.size(); ++by) {
    for (std::size_t code = 0; code < refusals_[by].size(); ++code) {
      const auto count = refusals_[by][code].load(std::memory_order_relaxed);
      if (count > 0) report.refusals[by][static_cast<int>(code)] = count;
    }
  }
}

void Figures::tell_rates(Report& report) const {
  const Sample now = sample(report.at);
  const Sample* before = &samples_.front();
  for (const Sample& each : samples_) {
    if (each.at + kRateTime <= now.at) before = &each;
  }
  tell_workers(report, now, *before);
  const double time = in_seconds(now.at - before->at);
  if (time <= 0) return;
  report.rate_in = static_cast<double>(now.in - before->in) / time;
  report.rate_out = static_cast<double>(now.out - before->out) / time;
}

void Figures::tell_workers(Report& report, const Sample& now, const Sample& before) const {
  const double time = in_seconds(now.at - before.at);
  double sum = 0;
  for (std::size_t i = 0; i < now.busy.size(); ++i) {
    Report::Worker& worker = report.workers.emplace_back();
    worker.busy_seconds = in_seconds(now.busy[i]);
    worker.restarts = restarts_[i].load(std::memory_order_relaxed);
    if (time > 0) worker.busy_ratio = in_seconds(now.busy[i] - before.busy[i]) / time;
    worker.busy_ratio = std::clamp(worker.busy_ratio, 0.0, 1.0);
    sum += worker.busy_ratio;
  }
  for (const WorkUnderWay& work : report.in_flight.work) {
    if (work.worker < report.workers.size()) report.workers[work.worker].event = work;
  }
  if (!report.workers.empty()) report.busy_ratio = sum / static_cast<double>(now.busy.size());
}

void Figures::tell_state(Report& report) const {
  const Connection& letters = connections_[index_of(End::dead_letters)];
  report.source = connections_[index_of(End::source)].now;
  report.sink = connections_[index_of(End::sink)].now;
  if (letters.told) report.dead_letter_connection = letters.now;
  report.pauses = {paused_since_.has_value(), pauses_, in_seconds(paused_for_)};
  if (paused_since_) report.pauses.seconds += in_seconds(report.at - *paused_since_);
  report.journal = journal_;
  report.fan_out_clients = fan_out_clients_;
  report.last_dead_letters.assign(last_dead_letters_.begin(), last_dead_letters_.end());
  const bool begun =
      connections_[index_of(End::source)].was_ok && connections_[index_of(End::sink)].was_ok;
  if (stopping_) {
    report.state = Report::State::stopping;
  } else if (paused_since_) {
    report.state = Report::State::paused;
  } else if (begun) {
    report.state = Report::State::running;
  }
}

}  // namespace millrace
