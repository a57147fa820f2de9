// The sink `ws://` and `wss://`: connects and sends.
#pragma once

#include "millrace/config.hpp"
#include "millrace/sink.hpp"

namespace millrace {

/// Each result is one message, text where it is valid UTF-8, else binary (`ws_message.hpp`).
///
/// Confirmed means: written to the socket. After a loss, what had not been written is sent again,
/// from the first, in order; what was on the wire is lost. A peer that takes nothing is waited for;
/// one that says nothing either, not even a pong, is given up after one and a half
/// `sink.keep_alive`. What the peer sends is read and passed over.
///
/// Threads: one of its own, on which `Deliveries` is called.
/// Errors: throws `std::runtime_error`, one line, for a configuration that cannot work.
[[nodiscard]] SinkPtr make_ws_sink(const SinkConfig& config);

}  // namespace millrace
