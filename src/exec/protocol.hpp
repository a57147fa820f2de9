// The worker protocol: one JSON object a line, in either direction.
//
//     → {"id": "5f3a9c01-17.0", "attempt": 1, "stream": "events/a", "payload": "12",
//        "encoding": "utf8"}
//     ← {"id": "5f3a9c01-17.0", "payload": "144"}          with "encoding": "base64" where binary
//     ← {"id": "…", "filtered": true}   ← {"id": "…", "rejected": "why"}   ← {…, "failed": "why"}
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "millrace/frame.hpp"
#include "millrace/outcome.hpp"

namespace millrace {

/// The event as a worker gets it, line end included. `payload` is text where the bytes are valid
/// UTF-8, else base64, and `encoding` says which. A stream whose name is not valid UTF-8 has U+FFFD
/// in place of what is not.
[[nodiscard]] std::string request_line(const Frame& frame, unsigned attempt);

/// What a worker answered, and about which event.
struct WorkerReply {
  std::string id;
  Verdict verdict;
};

/// A line that is no answer.
struct ProtocolError {
  std::string why;  ///< reads on after "the worker's reply "
  std::string id;   ///< where it has one
};

/// A reply, its line end taken off. It has `id` and exactly one of `payload`, `filtered`,
/// `rejected` and `failed`; members that are not known are passed over, so that the request itself
/// is a reply that repeats the payload. Causes are cut to 4 KiB.
[[nodiscard]] std::variant<WorkerReply, ProtocolError> parse_reply(std::string_view line);

/// The longest line with a result of `result_bytes`: every byte of it written as a JSON escape,
/// which is what careful encoders do with text that is not ASCII (RFC 8259, section 7), and 64 KiB
/// of room for all else.
[[nodiscard]] constexpr std::size_t longest_reply(std::size_t result_bytes) {
  return 6 * result_bytes + (std::size_t{64} << 10);
}

}  // namespace millrace
