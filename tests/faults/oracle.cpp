#include "faults/oracle.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

namespace millrace::test {
namespace {

constexpr std::uint64_t kMostNumbers = 100'000'000;

std::string property(const PeerMessage& message, const std::string& name) {
  for (const auto& [key, value] : message.properties.user) {
    if (key == name) return value;
  }
  return {};
}

std::string event_of_letter(const nlohmann::json& letter) {
  const auto payload = letter.find("payload");
  if (payload == letter.end() || !payload->is_string()) return {};
  return payload->get<std::string>();
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
  return out << "of " << verdict.owed << " owed: " << verdict.lost << " lost, " << verdict.invented
             << " invented, " << verdict.corrupted << " corrupted, " << verdict.disordered
             << " out of order, " << verdict.mixed_ids << " ids of two events, " << verdict.nameless
             << " without an id, " << verdict.repeats << " repeated, " << verdict.second_events
             << " under a second id (" << verdict.unmarked << " of them not marked), "
             << verdict.dead_letters << " dead letters"
             << (verdict.example.empty() ? "" : "; first: " + verdict.example);
}

Oracle::Oracle(const NumberedEvents& events, std::uint64_t keys, std::string dead_letter_topic)
    : events_(events), dead_letter_topic_(std::move(dead_letter_topic)), greatest_(keys) {}

void Oracle::published(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  fate(number).published = true;
}

void Oracle::acknowledged(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  auto& of = fate(number);
  if (std::exchange(of.owed, true)) return;
  ++verdict_.owed;
  if (!of.seen) ++missing_;
  changed_.notify_all();
}

void Oracle::excuse(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  auto& of = fate(number);
  if (!std::exchange(of.owed, false)) return;
  --verdict_.owed;
  if (!of.seen) --missing_;
  changed_.notify_all();
}

void Oracle::saw(const PeerMessage& message) {
  const std::lock_guard lock(mutex_);
  times_.push_back(Clock::now());
  changed_.notify_all();
  const auto number = identify(message);
  if (!number) return;
  auto& of = fate(*number);
  const bool first = !std::exchange(of.seen, true);
  if (!of.published) note_wrong(verdict_.invented, "invented " + std::to_string(*number));
  if (first && of.owed) --missing_;
  if (first) note_first(*number);
  note_id(message, *number, first);
}

std::optional<std::uint64_t> Oracle::identify(const PeerMessage& message) {
  std::optional<std::uint64_t> number;
  if (message.topic == dead_letter_topic_) {
    ++verdict_.dead_letters;
    const auto letter = nlohmann::json::parse(message.payload, nullptr, false);
    if (letter.is_object()) number = NumberedEvents::number_of_event(event_of_letter(letter));
    const bool right =
        number && *number < kMostNumbers && events_.event(*number) == event_of_letter(letter);
    if (!right) {
      note_wrong(verdict_.corrupted, "dead letter " + message.payload.substr(0, 300));
      return {};
    }
    dead_lettered_.insert(*number);
    return number;
  }
  number = events_.number_of_result(message.payload);
  if (number && *number < kMostNumbers && events_.result(*number) == message.payload) return number;
  note_wrong(verdict_.corrupted, "result \"" + message.payload.substr(0, 40) + "\" of " +
                                     std::to_string(message.payload.size()) + " bytes");
  return {};
}

void Oracle::note_first(std::uint64_t number) {
  auto& greatest = greatest_[number % greatest_.size()];
  if (greatest && number < *greatest) {
    note_wrong(verdict_.disordered,
               std::to_string(number) + " behind " + std::to_string(*greatest));
  }
  greatest = std::max(greatest.value_or(0), number);
}

void Oracle::note_id(const PeerMessage& message, std::uint64_t number, bool first) {
  auto id = property(message, "millrace-id");
  if (id.empty() && message.topic == dead_letter_topic_) {
    id = nlohmann::json::parse(message.payload, nullptr, false).value("id", "");
  }
  if (id.empty()) return note_wrong(verdict_.nameless, "no id on " + std::to_string(number));
  const auto [known, is_new] = ids_.emplace(id, number);
  if (known->second != number) {
    note_wrong(verdict_.mixed_ids,
               id + " for " + std::to_string(known->second) + " and " + std::to_string(number));
  } else if (!is_new) {
    ++verdict_.repeats;
  } else if (!first) {
    ++verdict_.second_events;
    if (property(message, "millrace-redelivered") != "1") {
      note_wrong(verdict_.unmarked, std::to_string(number) + " again as " + id + ", unmarked");
    }
  }
}

void Oracle::note_wrong(std::size_t& count, const std::string& what) {
  ++count;
  if (verdict_.example.empty()) verdict_.example = what;
}

std::size_t Oracle::seen() const {
  const std::lock_guard lock(mutex_);
  return times_.size();
}

std::size_t Oracle::repeats() const {
  const std::lock_guard lock(mutex_);
  return verdict_.repeats;
}

bool Oracle::has(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  return number < fates_.size() && fates_[number].seen;
}

std::size_t Oracle::missing() const {
  const std::lock_guard lock(mutex_);
  return missing_;
}

std::vector<std::uint64_t> Oracle::missing_numbers() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> result;
  for (std::uint64_t number = 0; number < fates_.size(); ++number) {
    if (fates_[number].owed && !fates_[number].seen) result.push_back(number);
  }
  return result;
}

std::set<std::uint64_t> Oracle::dead_lettered() const {
  const std::lock_guard lock(mutex_);
  return dead_lettered_;
}

template <typename Condition>
bool Oracle::wait(std::chrono::milliseconds patience, Condition condition) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, condition);
}

std::optional<Oracle::Clock::time_point> Oracle::wait_for_more_than(
    std::size_t count, std::chrono::milliseconds patience) const {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [&] { return times_.size() > count; })) return {};
  return times_[count];
}

bool Oracle::wait_for(std::uint64_t number, std::chrono::milliseconds patience) const {
  return wait(patience, [&] { return number < fates_.size() && fates_[number].seen; });
}

bool Oracle::wait_for_all(std::chrono::milliseconds patience) const {
  for (;;) {
    const auto before = seen();
    if (wait(patience, [this] { return missing_ == 0; })) return true;
    if (seen() == before) return false;
  }
}

Verdict Oracle::verdict() const {
  const std::lock_guard lock(mutex_);
  Verdict result = verdict_;
  result.lost = missing_;
  if (missing_ > 0 && result.example.empty()) {
    for (std::uint64_t number = 0; number < fates_.size(); ++number) {
      if (!fates_[number].owed || fates_[number].seen) continue;
      result.example = "lost " + std::to_string(number);
      break;
    }
  }
  return result;
}

Oracle::Fate& Oracle::fate(std::uint64_t number) {
  if (number >= fates_.size()) fates_.resize(number + 1);
  return fates_[number];
}

}  // namespace millrace::test
