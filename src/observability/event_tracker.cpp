#include "observability/event_tracker.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "event/verdict.hpp"

namespace millrace {
namespace {

// Of nodes that a shard keeps for events to come.
constexpr std::size_t kSpareNodes = 64;

Fate fate_of(const Verdict& verdict) {
  struct Of {
    Fate operator()(const Result&) const { return Fate::result; }
    Fate operator()(const Filtered&) const { return Fate::filtered; }
    Fate operator()(const Rejected&) const { return Fate::rejected; }
    Fate operator()(const Failed&) const { return Fate::failed; }
  };
  return std::visit(Of{}, verdict);
}

std::string traced_cause(const Verdict& verdict) {
  if (const auto* filtered = std::get_if<Filtered>(&verdict)) return filtered->reason;
  const auto* cause = cause_of(verdict);
  return cause != nullptr ? *cause : std::string();
}

std::size_t result_bytes(const Verdict& verdict) {
  const auto* result = std::get_if<Result>(&verdict);
  return result == nullptr ? 0 : result->payload.size();
}

void begin_trace(EventTrace& trace, const Frame& frame) {
  trace.number = frame.number;
  trace.id = frame.id;
  trace.stream = frame.stream;
  trace.fate = Fate::result;
  trace.origin = Origin::processor;
  trace.dropped = false;
  trace.cause.clear();
  trace.worker = trace.attempts = 0;
  trace.bytes_in = frame.raw.size();
  trace.bytes_out = 0;
  trace.received = frame.received;
  trace.cut = trace.started = trace.last_started = frame.cut;
  trace.finished = trace.emitted = trace.confirmed = frame.cut;
}

}  // namespace

std::string_view to_text(Stage stage) noexcept {
  constexpr std::array<std::string_view, 5> kNames{"waiting", "working", "retrying", "turn",
                                                   "confirming"};
  return kNames[static_cast<std::size_t>(stage)];
}

EventTracker::EventTracker(std::vector<Listener> listeners, std::function<Clock::time_point()> now)
    : listeners_(std::move(listeners)), now_(std::move(now)) {}

template <typename Change>
void EventTracker::change(std::uint64_t number, Change what) {
  Shard& home = shard(number);
  const std::lock_guard lock(home.mutex);
  const auto found = home.open.find(number);
  if (found != home.open.end()) what(found->second);
}

void EventTracker::frame_cut(const Frame& frame) {
  Shard& home = shard(frame.number);
  const std::lock_guard lock(home.mutex);
  if (home.spare.empty()) {
    home.open.try_emplace(frame.number);
  } else {
    home.spare.back().key() = frame.number;
    home.open.insert(std::move(home.spare.back()));
    home.spare.pop_back();
  }
  Open& open = home.open.find(frame.number)->second;
  begin_trace(open.event.so_far, frame);
  open.event.stage = Stage::waiting;
  open.event.since = frame.cut;
  open.worked = open.had_result = open.late = false;
}

void EventTracker::work_started(const Frame& frame, const Attempt& attempt) {
  const auto now = now_();
  change(frame.number, [&](Open& open) {
    EventTrace& trace = open.event.so_far;
    if (!std::exchange(open.worked, true)) trace.started = now;
    trace.last_started = trace.finished = trace.emitted = trace.confirmed = now;
    trace.worker = attempt.worker;
    trace.attempts = attempt.number;
    open.event.stage = Stage::working;
    open.event.since = now;
  });
}

void EventTracker::work_finished(const Frame& frame, const Attempt& attempt,
                                 const Verdict& verdict) {
  const auto now = now_();
  change(frame.number, [&](Open& open) {
    EventTrace& trace = open.event.so_far;
    trace.finished = trace.emitted = trace.confirmed = now;
    trace.bytes_out = result_bytes(verdict);
    open.had_result = std::holds_alternative<Result>(verdict);
    open.late = now >= attempt.deadline;
    open.event.stage = Stage::turn;
    open.event.since = now;
  });
}

void EventTracker::retry_scheduled(const Frame& frame, std::chrono::milliseconds /*delay*/) {
  const auto now = now_();
  change(frame.number, [&](Open& open) {
    // Where a stop hastens retries, the next attempt may have been told of first.
    if (open.event.stage != Stage::turn) return;
    open.event.stage = Stage::retrying;
    open.event.since = now;
  });
}

void EventTracker::outcome_emitted(const Outcome& outcome) {
  settle(outcome, false);
}

void EventTracker::outcome_filtered(const Outcome& outcome) {
  settle(outcome, false);
}

void EventTracker::outcome_dropped(const Outcome& outcome) {
  settle(outcome, true);
}

Origin EventTracker::origin_of(const Outcome& outcome, Fate fate, const Open& open) {
  if (fate == Fate::result) return Origin::processor;
  if (!outcome.frame->defect.empty()) return Origin::framing;
  if (!open.worked) return outcome.frame->duplicate ? Origin::duplicate : Origin::crash;
  if (open.had_result) return Origin::result;
  return open.late && fate == Fate::failed ? Origin::timeout : Origin::processor;
}

void EventTracker::settle(const Outcome& outcome, bool dropped) {
  const auto now = now_();
  change(outcome.frame->number, [&](Open& open) {
    EventTrace& trace = open.event.so_far;
    trace.fate = fate_of(outcome.verdict);
    trace.cause = traced_cause(outcome.verdict);
    trace.bytes_out = result_bytes(outcome.verdict);
    trace.attempts = outcome.attempts;
    trace.dropped = dropped;
    trace.emitted = trace.confirmed = now;
    trace.origin = origin_of(outcome, trace.fate, open);
    open.event.stage = Stage::confirming;
    open.event.since = now;
  });
}

void EventTracker::outcome_replaced(const Outcome& outcome) {
  change(outcome.frame->number, [&](Open& open) {
    EventTrace& trace = open.event.so_far;
    trace.fate = fate_of(outcome.verdict);
    trace.cause = traced_cause(outcome.verdict);
    trace.bytes_out = 0;
    trace.origin = Origin::receiver;
  });
}

void EventTracker::outcome_confirmed(std::uint64_t number) {
  const auto now = now_();
  Shard& home = shard(number);
  decltype(home.open)::node_type node;
  {
    const std::lock_guard lock(home.mutex);
    node = home.open.extract(number);
  }
  if (node.empty()) return;
  node.mapped().event.so_far.confirmed = now;
  for (const Listener& each : listeners_) each(node.mapped().event.so_far);
  const std::lock_guard lock(home.mutex);
  if (home.spare.size() < kSpareNodes) home.spare.push_back(std::move(node));
}

void EventTracker::add(InFlight& sum, const Open& open, Clock::time_point now) {
  const EventTrace& trace = open.event.so_far;
  ++sum.events;
  sum.bytes += trace.bytes_in;
  sum.oldest_received = std::min(sum.oldest_received.value_or(trace.received), trace.received);
  const bool working = open.event.stage == Stage::working;
  if (working) sum.work.push_back({trace.worker, trace.id, trace.attempts, open.event.since});
  if (sum.head && sum.head->number < trace.number) return;
  sum.head.emplace();
  sum.head->id = trace.id;
  sum.head->number = trace.number;
  sum.head->stage = open.event.stage;
  sum.head->worker = trace.worker;
  sum.head->age = std::max(now - trace.cut, Clock::duration::zero());
}

void EventTracker::add_waiting(HeadOfLine& head, Clock::time_point now) const {
  for (const Shard& each : shards_) {
    const std::lock_guard lock(each.mutex);
    for (const auto& [number, open] : each.open) {
      if (open.event.stage != Stage::turn || number <= head.number) continue;
      ++head.results_waiting;
      head.bytes_waiting += open.event.so_far.bytes_out;
      head.lost += std::max(now - open.event.since, Clock::duration::zero());
    }
  }
}

InFlight EventTracker::in_flight() const {
  InFlight sum;
  const auto now = now_();
  for (const Shard& each : shards_) {
    const std::lock_guard lock(each.mutex);
    for (const auto& entry : each.open) add(sum, entry.second, now);
  }
  if (sum.head) add_waiting(*sum.head, now);
  return sum;
}

std::uint64_t EventTracker::number_before_which(std::size_t most) const {
  std::vector<std::uint64_t> numbers;
  for (const Shard& each : shards_) {
    const std::lock_guard lock(each.mutex);
    for (const auto& entry : each.open) numbers.push_back(entry.first);
  }
  if (numbers.size() <= most) return std::numeric_limits<std::uint64_t>::max();
  const auto end = numbers.begin() + static_cast<std::ptrdiff_t>(most);
  std::nth_element(numbers.begin(), end, numbers.end());
  return *end;
}

std::vector<UnderWay> EventTracker::under_way(std::size_t most) const {
  const std::uint64_t end = number_before_which(most);
  std::vector<UnderWay> list;
  for (const Shard& each : shards_) {
    const std::lock_guard lock(each.mutex);
    for (const auto& [number, open] : each.open) {
      if (number < end) list.push_back(open.event);
    }
  }
  std::sort(list.begin(), list.end(), [](const UnderWay& left, const UnderWay& right) {
    return left.so_far.number < right.so_far.number;
  });
  if (list.size() > most) list.resize(most);  // some have come since
  return list;
}

}  // namespace millrace
