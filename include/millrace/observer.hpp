// Observer: hears what happens. Logs, health, metrics and the demo are observers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/chunk.hpp"
#include "millrace/connection.hpp"
#include "millrace/frame.hpp"
#include "millrace/outcome.hpp"
#include "millrace/processor.hpp"

namespace millrace {

enum class Severity { debug, info, warning, error };

/// Something an operator should read, in one line: what, where, and what millrace does about it.
struct Notice {
  Severity severity = Severity::info;
  std::string component;  ///< "source", "sink", "journal", …
  std::string text;       ///< no payload bytes, no secrets
};

/// What the journal holds.
struct JournalState {
  bool writable = true;
  std::string reason;         ///< why it is not writable
  std::uint64_t entries = 0;  ///< not yet covered by a commit
  std::uint64_t bytes = 0;    ///< that those cost, of `limit`
  std::uint64_t limit = 0;
};

/// The packet by which a broker refuses something: a connection, a subscription, a message; or, by
/// a DISCONNECT, the connection that it has accepted.
enum class RefusedBy { connack, suback, puback, disconnect };

/// Whether work can be done at all.
struct ProcessingState {
  bool ok = true;
  std::string reason;  ///< why it is not, in one line
};

/// One method for each thing that happens, named after it. The default is not to care.
///
/// Threads: called from every thread of the process, several at once; must neither block nor throw.
class Observer {
 public:
  virtual ~Observer() = default;

  virtual void chunk_received(const Chunk&) {}
  /// That chunk, of so many bytes, stands in the journal; the append took so long.
  virtual void chunk_stored(std::size_t /*bytes*/, std::chrono::nanoseconds /*took*/) {}
  /// Acknowledged and passed over: it is another instance's (`source.partition`).
  virtual void chunk_skipped(std::string_view /*stream*/) {}
  virtual void frame_cut(const Frame&) {}
  virtual void work_started(const Frame&, const Attempt&) {}
  virtual void work_finished(const Frame&, const Attempt&, const Verdict&) {}
  /// The next attempt follows after `delay`.
  virtual void retry_scheduled(const Frame&, std::chrono::milliseconds /*delay*/) {}
  /// A call has taken twice its timeout and has not returned.
  virtual void work_overran(const Frame&, const Attempt&) {}
  /// That call has returned after all.
  virtual void overrun_ended(const Frame&, const Attempt&) {}
  /// Events wait for the processor, or no longer.
  virtual void processing_changed(const ProcessingState&) {}
  /// A worker process wrote this line on its standard error. `event`: what it was given last, or
  /// null.
  virtual void worker_said(unsigned /*worker*/, const EventId* /*event*/,
                           const std::string& /*line*/) {}
  /// A worker process was started in the place of one that had ended.
  virtual void worker_restarted(unsigned /*worker*/) {}
  // Of these three exactly one for every outcome, in the order of emission; none for the one by
  // which `processing.on_failure: stop` ends the run.
  /// Goes to a sink: a result as such; rejected and failed ones as dead letters.
  virtual void outcome_emitted(const Outcome&) {}
  /// Nothing to emit, by intent (`Filtered`).
  virtual void outcome_filtered(const Outcome&) {}
  /// Rejected or failed, and dropped by `processing.on_failure: drop`.
  virtual void outcome_dropped(const Outcome&) {}
  /// Emitted as a result, which its receiver can never take: it goes out as this dead letter.
  virtual void outcome_replaced(const Outcome&) {}
  /// A broker refused something, with this reason code (MQTT 5, 2.4; 128 to 255). What MQTT 3.1.1
  /// says in a CONNACK comes as the code of the same meaning.
  virtual void broker_refused(RefusedBy, int /*code*/) {}
  /// So many clients get the results of a fan-out.
  virtual void clients_changed(std::size_t /*count*/) {}
  /// Nothing more is owed for this number: its receiver has it, or there was nothing to send.
  virtual void outcome_confirmed(std::uint64_t /*number*/) {}
  virtual void connection_changed(End, const ConnectionState&) {}
  /// The source was disconnected for want of room, or lives again.
  virtual void paused(bool /*now*/) {}
  virtual void journal_changed(const JournalState&) {}
  virtual void stopping() {}
  virtual void notice(const Notice&) {}
};

}  // namespace millrace
