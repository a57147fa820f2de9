// WsMessage: an outcome as one WebSocket message.
#pragma once

#include "millrace/outcome.hpp"
#include "millrace/payload.hpp"

namespace millrace {

struct WsMessage {
  Payload bytes;
  bool text = false;  ///< they are valid UTF-8 (RFC 6455, 5.6); else binary
};

/// A result as it is, sharing its bytes, or, with `envelope`, as the JSON object of
/// `event/envelope.hpp`; a rejected or failed one as the JSON object of `event/dead_letter.hpp`.
[[nodiscard]] WsMessage make_ws_message(const Outcome& outcome, bool envelope);

}  // namespace millrace
