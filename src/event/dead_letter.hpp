// Dead letters: what is told of an event that could not be processed.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "millrace/outcome.hpp"

namespace millrace {

/// One JSON object on one line: `id`, `stream`, `cause`, `attempts`, `time` (`now`), `payload`,
/// `encoding`, `properties`.
///
/// The payload is `Frame::raw`: every byte as it came, header and line end included, so that the
/// letter is enough to publish the event again. `encoding` is `utf8` where that is valid UTF-8,
/// else `base64`. `properties` holds `user`, a list of pairs, and of `content_type`,
/// `correlation_data` (base64), `response_topic` and `message_expiry` (seconds, as it came) those
/// that there are.
///
/// What would make it larger than `max_bytes` is left out: first the payload (`"payload": null,
/// "bytes": N` in place of the encoding), then the properties (null), then the end of the cause.
/// Bytes of names and causes that are not valid UTF-8 are written as U+FFFD.
[[nodiscard]] std::string dead_letter_json(const Outcome& outcome,
                                           std::chrono::system_clock::time_point now,
                                           std::size_t max_bytes);

}  // namespace millrace
