// The sink `ws-listen://`: every connected client gets every result.
#pragma once

#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/sink.hpp"

namespace millrace {

/// A live fan-out: a client gets each result from its connection on, in order, text where it is
/// valid UTF-8, else binary.
///
/// Confirmed means: queued for every client that is connected; with none the result is dropped by
/// intent, or waits for the first where `sink.hold` is on. All clients share one queue
/// (`fan_out_queue.hpp`): one that falls `sink.client_queue` results or `sink.client_queue_bytes`
/// behind is disconnected with 1013 and delays nobody, unless its socket takes bytes: then it is
/// not the client that is slow, and the results wait for a moment. What clients send is read and
/// passed over; a client that says nothing for one and a half `sink.keep_alive`, not even a pong,
/// is gone. At the stop clients are sent what they are still owed (at most 3 s), then 1001.
///
/// Threads: one of its own, on which `Deliveries` is called.
/// Errors: throws `std::runtime_error`, one line, where it cannot listen, or a TLS file does not
/// load. Lifetime: `observer` outlives it.
[[nodiscard]] SinkPtr make_ws_listen_sink(const SinkConfig& config, Observer& observer);

}  // namespace millrace
