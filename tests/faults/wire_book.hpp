// WireBook: who had which event last, as seen on the wires on both sides of millrace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "faults/oracle.hpp"
#include "support/wire_tap.hpp"

namespace millrace::test {

/// Tells what millrace lost from what a broker lost. An event is millrace's from its PUBACK at the
/// source to the PUBACK that it gets for the result.
///
/// Threads: the interceptors on the taps', all else on the test's.
class WireBook {
 public:
  /// `events` outlives it, and it outlives the taps' use of the interceptors.
  explicit WireBook(const NumberedEvents& events) : events_(events) {}

  [[nodiscard]] WireTap::Interceptor at_source();
  [[nodiscard]] WireTap::Interceptor at_sink();

  struct Excused {
    std::size_t before = 0;  ///< acknowledged to the publisher, never by millrace
    std::size_t after = 0;   ///< results acknowledged to millrace, never seen
  };
  /// Excuses what was not millrace's to lose.
  Excused excuse(Oracle& oracle) const;

  /// How often the broker delivered an event once more without saying so by DUP. What it forgot to
  /// have got it gets twice.
  [[nodiscard]] std::size_t unmarked_deliveries() const;
  [[nodiscard]] bool acknowledged(std::uint64_t number) const;

  /// What passed the source's wire about events that were delivered more than once; a line each.
  [[nodiscard]] std::string repeated_deliveries() const;

 private:
  using Link = std::pair<unsigned, std::uint16_t>;  // connection and packet identifier

  const NumberedEvents& events_;
  mutable std::mutex mutex_;
  std::map<Link, std::uint64_t> delivered_;
  std::map<Link, std::uint64_t> sent_;
  std::map<std::uint64_t, std::string> deliveries_;  // each of a number: connection, id, DUP
  std::set<std::uint64_t> acknowledged_;             // by millrace
  std::set<std::uint64_t> confirmed_;                // to millrace
  std::size_t unmarked_deliveries_ = 0;
};

}  // namespace millrace::test
