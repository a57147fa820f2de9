#include "pipeline/ledger.hpp"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

constexpr std::chrono::milliseconds kLongestDelay{10};

}  // namespace

Ledger::Ledger(Journal& journal, Scheduler& timers, unsigned batch, Events events)
    : journal_(journal), timers_(timers), batch_(std::max(batch, 1U)), events_(std::move(events)) {}

void Ledger::cut(const std::string& stream, Point start, Point after, bool spans, Credit credit) {
  const std::lock_guard lock(mutex_);
  if (spans) {
    spanning_.push_back({first_ + flights_.size(), {stream, start}});
    open_.erase(stream);
  }
  flights_.push_back({after, std::move(credit)});
  passed_ = after;
  passed_is_news_ = false;
}

void Ledger::opened(const std::string& stream, Point start) {
  const std::lock_guard lock(mutex_);
  open_.insert_or_assign(stream, start);
}

void Ledger::closed(const std::string& stream) {
  const std::lock_guard lock(mutex_);
  open_.erase(stream);
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
  while (done_prefix_ < flights_.size() && flights_[done_prefix_].done) ++done_prefix_;
  if (done_prefix_ == 0) return;
  if (done_prefix_ == flights_.size() || done_prefix_ >= batch_) {
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
    if (done_prefix_ == 0 && !(all_done && passed_is_news_)) break;
    const Commit commit = next_commit();
    if (all_done) passed_is_news_ = false;
    std::vector<Flight> covered;
    covered.reserve(done_prefix_);
    std::move(flights_.begin(), flights_.begin() + static_cast<std::ptrdiff_t>(done_prefix_),
              std::back_inserter(covered));
    flights_.erase(flights_.begin(), flights_.begin() + static_cast<std::ptrdiff_t>(done_prefix_));
    first_ += done_prefix_;
    done_prefix_ = 0;
    while (!spanning_.empty() && spanning_.front().number < first_) spanning_.pop_front();

    lock.unlock();
    auto error = events_.before_commit();
    if (!error) error = journal_.commit(commit);
    if (error) events_.failed(error);
    covered.clear();
    events_.committed();
    lock.lock();
  }
  committing_ = false;
  changed_.notify_all();
}

Commit Ledger::next_commit() const {
  Commit commit;
  const bool all_done = done_prefix_ == flights_.size();
  commit.watermark = all_done ? passed_ : flights_[done_prefix_ - 1].after;
  for (const auto& [stream, start] : open_) {
    if (start < commit.watermark) commit.open.push_back({stream, start});
  }
  for (const auto& [number, frame] : spanning_) {
    if (number >= first_ + done_prefix_ && frame.start < commit.watermark) {
      commit.open.push_back(frame);
    }
  }
  return commit;
}

}  // namespace millrace
