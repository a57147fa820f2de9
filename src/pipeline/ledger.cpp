#include "pipeline/ledger.hpp"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

constexpr std::chrono::milliseconds kLongestDelay{10};

constexpr std::uint64_t kSpanFactor = 16;
constexpr std::uint64_t kLongestList = 4096;

}  // namespace

Overtaking Overtaking::of(const Config& config) {
  if (config.processing.order == Order::global) return {};
  const std::uint64_t in_flight = config.limits.in_flight;
  return {true, std::min(kSpanFactor * in_flight, in_flight + kLongestList)};
}

Ledger::Ledger(Journal& journal, Scheduler& timers, unsigned batch, Events events,
               Overtaking overtaking)
    : journal_(journal),
      timers_(timers),
      batch_(std::max(batch, 1U)),
      events_(std::move(events)),
      overtaking_(overtaking) {}

void Ledger::cut(const std::string& stream, Point start, Point after, bool spans, Credit credit) {
  const std::lock_guard lock(mutex_);
  if (spans) {
    spanning_.push_back({first_ + flights_.size(), {stream, start}});
    open_.erase(stream);
  }
  flights_.push_back({start, after, std::exchange(passed_over_, 0), std::move(credit)});
  passed_ = after;
  passed_is_news_ = false;
  ++span_;
  static_cast<void>(look_for_room());
}

void Ledger::opened(const std::string& stream, Point start) {
  const std::lock_guard lock(mutex_);
  open_.insert_or_assign(stream, start);
}

void Ledger::passed_over(const std::string& stream, Point start, Point after, bool spans) {
  const std::lock_guard lock(mutex_);
  if (spans) {
    overstepped_.push_back({after, {stream, start}});
    open_.erase(stream);
  }
  passed_over_after_ = after;
  ++passed_over_;
  ++span_;
  static_cast<void>(look_for_room());
}

void Ledger::broken(const std::string& stream, Offset last_read, Point after) {
  const std::lock_guard lock(mutex_);
  broken_.insert_or_assign(stream,
                           Broken{.last_read = last_read, .after = after, .ended = std::nullopt});
}

void Ledger::ended(const std::string& stream, Point after) {
  const std::lock_guard lock(mutex_);
  if (const auto found = broken_.find(stream); found != broken_.end()) found->second.ended = after;
}

void Ledger::passed(Point after) {
  const std::lock_guard lock(mutex_);
  passed_ = after;
  passed_is_news_ = true;
  if (flights_.empty()) arm_timer();
}

void Ledger::confirmed(std::uint64_t number) {
  std::unique_lock lock(mutex_);
  flights_[number - first_].done = true;
  ++uncovered_;
  while (done_prefix_ < flights_.size() && flights_[done_prefix_].done) ++done_prefix_;
  const auto news = coverable();
  if (news == 0) return;
  if (done_prefix_ == flights_.size() || news >= batch_) {
    due_ = true;
    write_commits(lock);
  } else {
    arm_timer();
  }
}

bool Ledger::wait(std::chrono::steady_clock::time_point deadline,
                  const std::function<bool()>& done) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, done);
}

void Ledger::changed() {
  // The lock makes sure that a waiter has either seen the change or is asleep.
  {
    const std::lock_guard lock(mutex_);
  }
  changed_.notify_all();
}

void Ledger::flush() {
  std::unique_lock lock(mutex_);
  due_ = true;
  write_commits(lock);
  changed_.wait(lock, [this] { return !committing_; });
}

void Ledger::arm_timer() {
  if (std::exchange(timer_armed_, true)) return;
  timers_.after(kLongestDelay, [this] {
    std::unique_lock lock(mutex_);
    timer_armed_ = false;
    due_ = true;
    write_commits(lock);
  });
}

// One thread writes at a time, without the lock; who comes meanwhile leaves its share to it.
void Ledger::write_commits(std::unique_lock<std::mutex>& lock) {
  if (std::exchange(committing_, true)) return;
  while (std::exchange(due_, false)) {
    const bool all_done = done_prefix_ == flights_.size();
    if (coverable() == 0 && !(all_done && passed_is_news_)) break;
    const Commit commit = next_commit();
    if (all_done) passed_is_news_ = false;
    std::vector<Credit> covered = cover();
    forget_prefix(commit.watermark);
    std::erase_if(broken_, [&commit](const auto& each) {
      return each.second.ended && *each.second.ended <= commit.watermark;
    });
    const bool room_again = look_for_room();

    lock.unlock();
    auto error = events_.before_commit();
    if (!error) error = journal_.commit(commit);
    if (error) events_.failed(error);
    covered.clear();
    if (room_again) events_.has_room();
    events_.committed();
    lock.lock();
  }
  committing_ = false;
  changed_.notify_all();
}

// Frames that are done, but not yet by a commit record, and that the next one can speak of.
std::size_t Ledger::coverable() const noexcept {
  return overtaking_.listed ? uncovered_ : done_prefix_;
}

Commit Ledger::next_commit() const {
  Commit commit;
  commit.watermark = next_watermark();
  for (const auto& [stream, start] : open_) {
    if (start < commit.watermark) commit.open.push_back({stream, start});
  }
  for (const auto& [number, frame] : spanning_) {
    if (number >= first_ + done_prefix_ && frame.start < commit.watermark) {
      commit.open.push_back(frame);
    }
  }
  // Done as it is, its bytes have to be told from those behind it once more.
  for (const auto& [after, frame] : overstepped_) {
    if (frame.start < commit.watermark && commit.watermark < after) commit.open.push_back(frame);
  }
  add_broken(commit);
  if (!overtaking_.listed) return commit;
  for (auto i = done_prefix_; i < flights_.size(); ++i) {
    const auto& [offset, byte, index] = flights_[i].start;
    if (flights_[i].done) commit.done.push_back({offset, index});
  }
  return commit;
}

// A stream that the watermark has not yet seen break is broken again by a replay.
void Ledger::add_broken(Commit& commit) const {
  for (const auto& [stream, broken] : broken_) {
    const bool over = broken.ended && *broken.ended <= commit.watermark;
    if (over || commit.watermark < broken.after) continue;
    commit.open.push_back({stream, broken_after(broken.last_read)});
  }
}

Point Ledger::next_watermark() const {
  if (done_prefix_ == flights_.size()) return passed_;
  return done_prefix_ == 0 ? watermark_ : flights_[done_prefix_ - 1].after;
}

// The credits of what the next commit speaks of.
std::vector<Credit> Ledger::cover() {
  std::vector<Credit> credits;
  credits.reserve(coverable());
  const auto end = overtaking_.listed ? flights_.size() : done_prefix_;
  for (std::size_t i = 0; i < end; ++i) {
    Flight& flight = flights_[i];
    if (!flight.done || std::exchange(flight.covered, true)) continue;
    credits.push_back(std::move(flight.credit));
    --uncovered_;
  }
  return credits;
}

void Ledger::forget_prefix(Point watermark) {
  watermark_ = watermark;
  for (; done_prefix_ > 0; --done_prefix_, ++first_) {
    span_ -= 1 + flights_.front().passed_over;
    flights_.pop_front();
  }
  if (flights_.empty() && passed_over_after_ <= watermark) {
    span_ -= std::exchange(passed_over_, 0);
  }
  while (!spanning_.empty() && spanning_.front().number < first_) spanning_.pop_front();
  while (!overstepped_.empty() && overstepped_.front().after <= watermark) {
    overstepped_.pop_front();
  }
}

// True where there is room again.
bool Ledger::look_for_room() {
  const bool full = !flights_.empty() && span_ >= overtaking_.span;
  if (full == full_.load(std::memory_order_relaxed)) return false;
  full_.store(full, std::memory_order_release);
  return !full;
}

}  // namespace millrace
