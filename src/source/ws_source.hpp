// The source `ws://` and `wss://`: connects, asks for what it wants, hands in what arrives.
#pragma once

#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/source.hpp"

namespace millrace {

/// A client of a plain feed, which sends nothing twice: what it sends while there is no connection
/// is lost, and each such gap is told as a warning with its beginning, its end and its number.
///
/// After each connect the texts of `source.subscribe` are sent, in order. A chunk is one message,
/// text or binary; its stream is the url's scheme, host and port. Framings that join messages
/// (`framing.type` other than `whole`) join those of one connection: a cut comes before the first
/// chunk of each, so that a frame never begins in one connection and ends in another, not even
/// after a crash.
///
/// While there is no room (a pause, or `no_buffer_space`) at most one message is held and nothing
/// is read: that is the back-pressure. It also leaves the peer's pings unanswered, so when it takes
/// half a `source.keep_alive` the connection is closed with 1013; it is made again when there is
/// room. The held message is handed in even then.
///
/// Threads: one of its own, on which it calls the intake.
/// Errors: throws `std::runtime_error`, one line, for a configuration that cannot work.
/// Lifetime: `observer` outlives it.
[[nodiscard]] SourcePtr make_ws_source(const Config& config, Observer& observer);

}  // namespace millrace
