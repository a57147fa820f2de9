// Oracle: what was owed, what came, and what is wrong with it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "faults/numbered_events.hpp"
#include "support/mqtt_peer.hpp"
#include "support/wait.hpp"

namespace millrace::test {

/// What is wrong, as counts. `is_kept`: the promise of no loss, in order, without invention.
struct Verdict {
  std::size_t owed = 0;           ///< acknowledged to the publisher, less what was excused
  std::size_t lost = 0;           ///< owed, and never seen
  std::size_t invented = 0;       ///< seen, and never published
  std::size_t corrupted = 0;      ///< not the bytes that its number's result has
  std::size_t disordered = 0;     ///< first occurrences behind that of a greater number of its key
  std::size_t mixed_ids = 0;      ///< event ids that came with two different events
  std::size_t nameless = 0;       ///< results without an event id
  std::size_t repeats = 0;        ///< results more than one, under an event id seen before
  std::size_t second_events = 0;  ///< results of a number seen before under another event id …
  std::size_t unmarked = 0;       ///< … and such without `millrace-redelivered`
  std::size_t dead_letters = 0;
  std::string example;  ///< the first thing wrong

  [[nodiscard]] bool is_kept() const {
    return lost + invented + corrupted + disordered + mixed_ids + nameless + unmarked == 0;
  }
};
std::ostream& operator<<(std::ostream& out, const Verdict& verdict);

/// Compares what the publisher was promised with what an independent observer receives. It asks
/// nothing of the program under test.
///
/// Threads: all methods from any.
class Oracle {
 public:
  using Clock = std::chrono::steady_clock;

  /// `events` outlives it. Results come on any topic but `dead_letter_topic`. Numbers that are
  /// equal modulo `keys` have the same key, and an order.
  explicit Oracle(const NumberedEvents& events, std::uint64_t keys = 1,
                  std::string dead_letter_topic = "millrace/dead");

  void published(std::uint64_t number);     ///< handed to the publisher: may come
  void acknowledged(std::uint64_t number);  ///< the broker has it: must come
  void excuse(std::uint64_t number);        ///< lost by the broker, as far as was seen: need not
  void saw(const PeerMessage& message);

  /// Results and dead letters so far, repeats included.
  [[nodiscard]] std::size_t seen() const;
  [[nodiscard]] std::size_t repeats() const;
  [[nodiscard]] bool has(std::uint64_t number) const;
  [[nodiscard]] std::size_t missing() const;  ///< owed and not yet seen
  [[nodiscard]] std::vector<std::uint64_t> missing_numbers() const;
  [[nodiscard]] std::set<std::uint64_t> dead_lettered() const;

  /// When the first of those that follow the first `count` came; nothing where none has.
  [[nodiscard]] std::optional<Clock::time_point> wait_for_more_than(
      std::size_t count, std::chrono::milliseconds patience = kPatience) const;
  [[nodiscard]] bool wait_for(std::uint64_t number,
                              std::chrono::milliseconds patience = kPatience) const;

  /// Until everything owed has been seen; gives up when nothing new has come for `patience`.
  [[nodiscard]] bool wait_for_all(std::chrono::milliseconds patience = kPatience) const;

  [[nodiscard]] Verdict verdict() const;

 private:
  struct Fate {
    bool published = false;
    bool owed = false;
    bool seen = false;
  };

  Fate& fate(std::uint64_t number);
  std::optional<std::uint64_t> identify(const PeerMessage& message);
  void note_first(std::uint64_t number);
  void note_id(const PeerMessage& message, std::uint64_t number, bool first);
  void note_wrong(std::size_t& count, const std::string& what);
  template <typename Condition>
  [[nodiscard]] bool wait(std::chrono::milliseconds patience, Condition condition) const;

  const NumberedEvents& events_;
  const std::string dead_letter_topic_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Fate> fates_;  // by number
  std::unordered_map<std::string, std::uint64_t> ids_;
  std::vector<Clock::time_point> times_;  // of everything seen, in order
  std::set<std::uint64_t> dead_lettered_;
  std::vector<std::optional<std::uint64_t>> greatest_;  // by key
  std::size_t missing_ = 0;
  Verdict verdict_;
};

}  // namespace millrace::test
