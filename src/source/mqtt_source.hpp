// The MQTT source: subscribes, and hands in what arrives.
#pragma once

#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/scheduler.hpp"
#include "millrace/source.hpp"
#include "net/reconnect_policy.hpp"

namespace millrace {

/// A source with a session that the server keeps for `config.session_expiry` while it is away.
///
/// A chunk is one message: its stream is the topic. It is acknowledged when `Intake::chunk` has
/// returned without an error. After `no_buffer_space` the connection is made again, as after any
/// loss; after another error it is not.
///
/// Threads: `Intake::chunk` is called on Paho's receive thread, `Intake::state` on the control
/// thread.
/// Errors: throws `std::runtime_error`, one line, for a configuration that cannot work.
/// Lifetime: `control` and `observer` outlive it.
[[nodiscard]] SourcePtr make_mqtt_source(const SourceConfig& config, Scheduler& control,
                                         Observer& observer, const ConnectionTiming& timing = {});

}  // namespace millrace
