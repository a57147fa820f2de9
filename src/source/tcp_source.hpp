// The source `tcp-listen:`: a server that clients send packets or lines to.
#pragma once

#include <cstddef>

#include "config/url.hpp"
#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/source.hpp"

namespace millrace {

/// What is not configured; tests shorten it.
struct TcpTiming {
  std::chrono::milliseconds handshake{10000};  ///< for a TLS handshake
};

/// Listens at the url's address; every connection is a stream of its own,
/// `tcp/HOST/PORT/START-NUMBER`: the client's address, this start of the process (eight random hex
/// digits) and the connection's number in it. So a key never comes again, also not on the same
/// journal, and may be put into an MQTT topic, in which `tcp/192.0.2.7/#` selects a client.
///
/// A chunk is one read, of at most 64 KiB. A connection that ends, whoever ends it, ends its stream
/// with a cut. While there is no room none is read: the kernel's windows fill and hold the senders,
/// and nothing that was read is lost. New connections are still accepted then. One more than
/// `limits.connections` is closed at once: left in the kernel's queue its client would take itself
/// to be served. With `source.tls.cert` clients must speak TLS.
///
/// An address that cannot be listened at is tried again with back-off, and says so as its state.
/// Threads: one of its own, on which it calls the intake.
/// Errors: throws `std::runtime_error`, one line, for TLS files that cannot be used.
/// Lifetime: `observer` outlives it.
[[nodiscard]] SourcePtr make_tcp_source(const Config& config, const Url& url, Observer& observer,
                                        const TcpTiming& timing = {});

}  // namespace millrace
