// Report: how millrace is doing, in figures; what /metrics and /status are made from.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/connection.hpp"
#include "millrace/observer.hpp"
#include "observability/event_tracker.hpp"
#include "observability/latencies.hpp"

namespace millrace {

inline constexpr std::array<std::string_view, 4> kFateNames{"result", "filtered", "rejected",
                                                            "failed"};
inline constexpr std::array<std::string_view, 7> kOriginNames{
    "processor", "timeout", "framing", "duplicate", "result", "crash", "receiver"};
inline constexpr std::array<std::string_view, 4> kRefusedByNames{"connack", "suback", "puback",
                                                                 "disconnect"};

/// Of so many events /status says where they are.
inline constexpr std::size_t kUnderWayShown = 256;

/// Plain values of one moment; counts and seconds since the start.
struct Report {
  enum class State { starting, running, paused, stopping };

  struct Connection {
    ConnectionState state;
    std::uint64_t reconnects = 0;  ///< after a loss or a pause
  };
  struct Pauses {
    bool now = false;
    std::uint64_t count = 0;
    double seconds = 0;  ///< the one under way included
  };
  /// Events that are done, by what became of them.
  struct Done {
    std::array<std::array<std::uint64_t, kOriginNames.size()>, kFateNames.size()> by_origin{};
    std::array<std::uint64_t, kFateNames.size()> dead_letters{};
    std::uint64_t dropped = 0;
    std::uint64_t result_bytes = 0;

    [[nodiscard]] std::uint64_t of(Fate fate) const;
    [[nodiscard]] std::uint64_t all_dead_letters() const;
    [[nodiscard]] std::uint64_t all() const;
  };
  struct Worker {
    double busy_seconds = 0;
    double busy_ratio = 0;       ///< of the last ten seconds
    std::uint64_t restarts = 0;  ///< of its process
    std::optional<WorkUnderWay> event;
  };
  struct DeadLetter {
    std::chrono::system_clock::time_point time;
    EventId id;
    std::string stream;
    Fate fate = Fate::rejected;
    std::string cause;
    unsigned attempts = 0;
  };

  std::chrono::system_clock::time_point started;
  EventTrace::Clock::time_point at;
  std::chrono::system_clock::time_point now;
  double uptime = 0;
  State state = State::starting;
  Connection source;
  Connection sink;
  std::optional<Connection> dead_letter_connection;
  Pauses pauses;
  std::uint64_t chunks = 0;
  std::uint64_t chunk_bytes = 0;
  std::uint64_t chunks_skipped = 0;
  std::uint64_t frames = 0;
  std::uint64_t frame_bytes = 0;
  Done done;
  std::uint64_t retries = 0;
  double rate_in = 0;   ///< events cut in a second, over the last ten
  double rate_out = 0;  ///< events done in a second
  Latencies::Histograms latency;
  Latencies::Percentiles recent_latency;
  Histogram::Report append;
  InFlight in_flight;
  std::vector<UnderWay> under_way;  ///< the oldest `kUnderWayShown`
  std::vector<Worker> workers;
  double busy_ratio = 0;  ///< of all workers
  JournalState journal;
  std::optional<std::size_t> fan_out_clients;
  /// What brokers refused, by packet (`RefusedBy`) and reason code.
  std::array<std::map<int, std::uint64_t>, kRefusedByNames.size()> refusals;
  std::vector<DeadLetter> last_dead_letters;  ///< newest first

  [[nodiscard]] std::uint64_t worker_restarts() const;
  /// Of the event that arrived first and is not done; 0 where there is none.
  [[nodiscard]] double oldest_age() const;
};

}  // namespace millrace
