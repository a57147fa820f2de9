// Source and Intake: how chunks get in.
#pragma once

#include <memory>
#include <string>
#include <system_error>

#include "millrace/chunk.hpp"
#include "millrace/connection.hpp"

namespace millrace {

struct TlsConfig;

/// What a source pushes into.
///
/// Threads: any, also a client library's callback: no call waits for room or calls back.
class Intake {
 public:
  virtual ~Intake() = default;

  /// Stores the chunk as durably as configured. Only after it has returned without an error may the
  /// chunk be acknowledged; after an error it must not be (cut the link before anything can leave).
  [[nodiscard]] virtual std::error_code chunk(Chunk chunk) = 0;

  /// Stores that a stream ended. The same rule.
  [[nodiscard]] virtual std::error_code cut(Cut cut) = 0;

  /// The connection changed.
  virtual void state(ConnectionState state) = 0;

  /// A finite source has handed in all it had. `error`, where not empty, says why it ended early.
  virtual void ended(std::string error) = 0;
};

/// Where events come from. Starts with `start`, ends with `stop`, is silent before and after.
///
/// Threads: every method is called on the control thread, one at a time.
/// Lifetime: the intake outlives the source.
class Source {
 public:
  virtual ~Source() = default;

  /// Begins to connect and returns; keeps trying until stopped.
  virtual void start(Intake& intake) = 0;

  /// Stops the flow because there is no room. On return nothing more arrives, and the peer knows
  /// all that was acknowledged (a clean end of the connection).
  virtual void pause() = 0;

  /// Lets it flow again.
  virtual void resume() = 0;

  /// As `pause`, for good.
  virtual void stop() = 0;

  /// Nothing more can be read from this stream: a connection is closed, a topic lives on.
  virtual void close_stream(const std::string& stream) = 0;

  /// Reads these files for the connections made from now on; those that are open go on as they are.
  /// A listener keeps speaking TLS, or not. Errors: throws `std::runtime_error`, one line, and
  /// nothing has changed.
  virtual void reload_tls(const TlsConfig& /*tls*/) {}
};

using SourcePtr = std::unique_ptr<Source>;

}  // namespace millrace
