// Journal: what arrived and is not yet done, in the order of its arrival.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

#include "millrace/chunk.hpp"
#include "millrace/observer.hpp"

namespace millrace {

/// An entry as framing reads it.
///
/// After a restart some of it may be done already: framing begins at `from_byte`, numbers the
/// frames that start in this chunk from `first_index`, and passes over those listed in `done`.
struct Entry {
  Offset offset = 0;
  std::variant<Chunk, Cut> what;
  std::uint64_t from_byte = 0;
  std::uint32_t first_index = 0;
  std::vector<std::uint32_t> done;  ///< ascending indices
};

/// A frame that has begun but is not done.
struct OpenFrame {
  std::string stream;
  Point start;
};

/// As the start of an open frame: behind this entry nothing is read of the stream until a cut ends
/// it. It is a connection whose bytes could not be framed any further.
[[nodiscard]] constexpr Point broken_after(Offset offset) noexcept {
  return {offset, std::numeric_limits<std::uint64_t>::max(),
          std::numeric_limits<std::uint32_t>::max()};
}

/// A frame that is done although older ones are not (order modes `key` and `none`).
struct DoneFrame {
  Offset offset = 0;
  std::uint32_t index = 0;
};

/// How far the work has come. All frames that end before `watermark` are done, but for those in
/// `open`; beyond it, those in `done` are. Entries before it that belong to no stream in `open` are
/// not needed any more.
struct Commit {
  Point watermark;
  std::vector<OpenFrame> open;
  std::vector<DoneFrame> done;
};

/// What waited when a journal was opened: no offset below `first` is ever read again, none from
/// `next` on had been given.
struct Backlog {
  Offset first = 0;
  Offset next = 0;
};

/// No entry is there to be read now.
struct NothingToRead {};

using ReadResult = std::variant<Entry, NothingToRead, std::error_code>;

/// An append-only log with one reader and a watermark.
///
/// Threads: `append` from any; `read` from one at a time (framing); `commit` from one at a time;
/// everything else from any. None waits for another.
/// Errors: values. `std::errc::no_buffer_space` from `append` means that there is no room *now*:
/// the chunk is not stored, must not be acknowledged, and comes again. Any other error is final:
/// the journal can no longer be trusted and the process has to stop (exit 3). Lifetime: entries
/// returned by `read` are independent of the journal.
class Journal {
 public:
  virtual ~Journal() = default;

  /// Stores an entry as durably as configured before it returns.
  [[nodiscard]] virtual std::error_code append(Chunk chunk) = 0;
  [[nodiscard]] virtual std::error_code append(Cut cut) = 0;

  /// The next entry in order; after a restart, first those that the last commit leaves open.
  [[nodiscard]] virtual ReadResult read() = 0;

  /// Entries appended (or waiting since before the start) and not yet read.
  [[nodiscard]] virtual std::uint64_t unread() const noexcept = 0;

  /// Records how far the work has come, then frees what is not needed any more.
  [[nodiscard]] virtual std::error_code commit(const Commit& commit) = 0;

  [[nodiscard]] virtual JournalState state() const = 0;

  /// True where entries survive the process, so that a stop may leave them for the next start.
  [[nodiscard]] virtual bool durable() const noexcept = 0;

  /// The first part of every event id; made once, with the journal.
  [[nodiscard]] virtual std::uint32_t epoch() const noexcept = 0;

  /// Of this start; empty where the journal was made by it.
  [[nodiscard]] virtual Backlog backlog() const noexcept { return {}; }

  /// Called after every append, on the appending thread; must not block. Set before the first one.
  virtual void on_append(std::function<void()> listener) = 0;

  /// Makes everything durable and lets go of the files. Nothing may be called afterwards.
  [[nodiscard]] virtual std::error_code close() = 0;
};

using JournalPtr = std::unique_ptr<Journal>;

}  // namespace millrace
