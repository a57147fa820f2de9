// What a result carries besides its bytes.
#pragma once

#include <chrono>

#include "millrace/chunk.hpp"
#include "millrace/frame.hpp"
#include "millrace/payload.hpp"

namespace millrace {

/// The properties of `frame`'s result, sent at `now`.
///
/// Of the input travel: the content type, the correlation data, the user properties, and the
/// message expiry less the whole seconds since the input was received, as a server does it (MQTT 5,
/// 3.3.2.3.3), but at least 1: the result is sent in any case. The payload format indicator
/// travels where it is true of the result's bytes. The response topic does not: it says where the
/// answer goes, and this is the answer.
///
/// Added are the user properties `millrace-id`, `millrace-topic` (the input's), `millrace-received`
/// (ISO 8601) and, where a repeat is possible, `millrace-redelivered: 1`; what the input has under
/// these four names is left out.
[[nodiscard]] Properties result_properties(
    const Frame& frame, const Payload& result,
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

}  // namespace millrace
