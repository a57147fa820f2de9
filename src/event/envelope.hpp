// Envelope: a result with its name, where the way out has no properties to carry that.
#pragma once

#include <string>

#include "millrace/frame.hpp"
#include "millrace/payload.hpp"

namespace millrace {

/// `{"id", "stream", "received", "payload", "encoding"}` on one line, for stdout and WebSocket.
/// A stream whose name is not valid UTF-8 is written with U+FFFD in place of what is not.
[[nodiscard]] std::string envelope_json(const Frame& frame, const Payload& result);

}  // namespace millrace
