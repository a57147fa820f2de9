// The MQTT sink: publishes results and dead letters, in order, until they are confirmed.
#pragma once

#include <string>
#include <vector>

#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/scheduler.hpp"
#include "millrace/sink.hpp"
#include "net/reconnect_policy.hpp"

namespace millrace {

/// A sink with a session that ends with its connection. Confirmed means: the server's PUBACK
/// (QoS 1), or written to the socket (QoS 0).
///
/// After a loss everything unconfirmed is sent again, in order. A result that the server refuses
/// for its own sake (topic name 0x90, size 0x95, format 0x99) becomes a dead letter in its place;
/// one that is refused for another reason is held and sent again, and the state says why.
///
/// `own_filters`: what our source subscribes to at the same server; results must not come back
/// through it (unless `config.allow_loop`).
///
/// Threads: `Deliveries::confirmed` is called on Paho's threads, `Deliveries::state` on the control
/// thread.
/// Errors: throws `std::runtime_error`, one line, for a configuration that cannot work.
/// Lifetime: `control` and `observer` outlive it.
[[nodiscard]] SinkPtr make_mqtt_sink(const SinkConfig& config, const DeadLetterConfig& dead_letter,
                                     std::vector<std::string> own_filters, Scheduler& control,
                                     Observer& observer, const ConnectionTiming& timing = {});

}  // namespace millrace
