// Sink and Deliveries: how results get out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "millrace/connection.hpp"
#include "millrace/outcome.hpp"

namespace millrace {

struct TlsConfig;

/// What a sink reports to.
///
/// Threads: any. A sink holds no lock of its own while it calls.
class Deliveries {
 public:
  virtual ~Deliveries() = default;

  /// The receiver has the outcome with this number, for good. Once for each accepted one.
  virtual void confirmed(std::uint64_t number) = 0;

  /// The connection changed.
  virtual void state(ConnectionState state) = 0;

  /// Nothing can be delivered any more, and trying again is of no use: the process has to end.
  virtual void failed(std::string why) = 0;
};

/// Where outcomes go: results as they are, rejected and failed ones as dead letters in their place.
/// One sink may serve both, so that they share a connection and its order.
///
/// Threads: `accept` on the emit stage, one call at a time; `unfit` on any; all else on the control
/// thread.
/// Lifetime: `deliveries` outlives the sink.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Begins to connect and returns; keeps trying until stopped.
  virtual void start(Deliveries& deliveries) = 0;

  /// Why this result can never be sent (such as a topic that may not be published to), or nothing.
  [[nodiscard]] virtual std::optional<std::string> unfit(const Frame& frame,
                                                         const Result& result) const = 0;

  /// Takes the next outcome; never waits. Outcomes leave in the order in which they come, which is
  /// that of their numbers only where `processing.order` is global. It is sent, and sent again
  /// after a loss, until the receiver has confirmed it. How many can be unconfirmed at a time is
  /// the caller's bound.
  virtual void accept(OutcomePtr outcome) = 0;

  /// Ends the connection cleanly. What is unconfirmed stays so.
  virtual void stop() = 0;

  /// As `Source::reload_tls`.
  virtual void reload_tls(const TlsConfig& /*tls*/) {}
};

using SinkPtr = std::unique_ptr<Sink>;

}  // namespace millrace
