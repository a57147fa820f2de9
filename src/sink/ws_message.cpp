#include "sink/ws_message.hpp"

#include <chrono>
#include <limits>

#include "event/dead_letter.hpp"
#include "event/envelope.hpp"
#include "event/utf8.hpp"

namespace millrace {

WsMessage make_ws_message(const Outcome& outcome, bool envelope) {
  if (const auto* result = std::get_if<Result>(&outcome.verdict)) {
    if (!envelope) return {result->payload, is_utf8(result->payload.view())};
    return {Payload(envelope_json(*outcome.frame, result->payload)), true};
  }
  return {Payload(dead_letter_json(outcome, std::chrono::system_clock::now(),
                                   std::numeric_limits<std::size_t>::max())),
          true};
}

}  // namespace millrace
