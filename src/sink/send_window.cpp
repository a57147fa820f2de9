#include "sink/send_window.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

void SendWindow::add(OutcomePtr outcome) {
  entries_.emplace_back();
  entries_.back().outcome = std::move(outcome);
}

void SendWindow::open(std::size_t limit) {
  limit_ = limit;
}

void SendWindow::close() {
  limit_ = 0;
  for (auto& entry : entries_) {
    if (entry.state != State::confirmed) change(entry, State::waiting);
    entry.probing = false;
  }
  cursor_ = first_;
  barrier_.reset();
}

std::optional<SendWindow::Item> SendWindow::next(Time now) {
  if (under_way_ >= limit_) return {};
  while (cursor_ - first_ < entries_.size()) {
    if (barrier_ && cursor_ > *barrier_) return {};
    const auto sequence = cursor_++;
    auto& entry = entries_[sequence - first_];
    if (entry.state != State::waiting) continue;
    change(entry, State::sent);
    entry.sent = now;
    return Item{sequence, entry.outcome, entry.letter_limit};
  }
  return {};
}

std::optional<std::uint64_t> SendWindow::confirm(Sequence sequence) {
  auto* entry = find(sequence);
  if (entry == nullptr || entry->state == State::confirmed) return {};
  const auto number = entry->outcome->frame->number;
  const bool was_probe = std::exchange(entry->probing, false);
  change(*entry, State::confirmed);
  entry->outcome.reset();
  if (was_probe) release_held();
  if (barrier_) find_barrier();
  while (!entries_.empty() && entries_.front().state == State::confirmed) {
    entries_.pop_front();
    ++first_;
  }
  cursor_ = std::max(cursor_, first_);
  return number;
}

void SendWindow::hold(Sequence sequence) {
  auto* entry = find(sequence);
  if (entry == nullptr || entry->state != State::sent) return;
  change(*entry, State::held);
  entry->probing = false;
  find_barrier();
}

void SendWindow::replace(Item item) {
  auto* entry = find(item.sequence);
  if (entry == nullptr || entry->state != State::sent) return;
  entry->outcome = std::move(item.outcome);
  entry->letter_limit = item.letter_limit;
  wait_again(item.sequence, *entry);
}

void SendWindow::probe() {
  if (!barrier_) return;
  auto* entry = find(*barrier_);
  if (entry->state != State::held) return;
  entry->probing = true;
  wait_again(*barrier_, *entry);
}

std::optional<SendWindow::Item> SendWindow::under_way(Sequence sequence) const {
  if (sequence < first_ || sequence - first_ >= entries_.size()) return {};
  const auto& entry = entries_[sequence - first_];
  if (entry.state != State::sent) return {};
  return Item{sequence, entry.outcome, entry.letter_limit};
}

std::optional<SendWindow::Time> SendWindow::oldest_sent() const {
  const auto oldest = std::find_if(entries_.begin(), entries_.end(),
                                   [](const Entry& entry) { return entry.state == State::sent; });
  if (oldest == entries_.end()) return {};
  return oldest->sent;
}

SendWindow::Entry* SendWindow::find(Sequence sequence) {
  if (sequence < first_ || sequence - first_ >= entries_.size()) return nullptr;
  return &entries_[sequence - first_];
}

void SendWindow::change(Entry& entry, State state) {
  if (entry.state == State::sent) --under_way_;
  if (state == State::sent) ++under_way_;
  entry.state = state;
}

void SendWindow::wait_again(Sequence sequence, Entry& entry) {
  change(entry, State::waiting);
  cursor_ = std::min(cursor_, sequence);
}

void SendWindow::release_held() {
  for (auto sequence = first_; sequence - first_ < entries_.size(); ++sequence) {
    auto& entry = entries_[sequence - first_];
    if (entry.state == State::held) wait_again(sequence, entry);
  }
}

void SendWindow::find_barrier() {
  barrier_.reset();
  for (auto sequence = first_; sequence - first_ < entries_.size(); ++sequence) {
    const auto& entry = entries_[sequence - first_];
    if (entry.state != State::held && !entry.probing) continue;
    barrier_ = sequence;
    return;
  }
}

}  // namespace millrace
