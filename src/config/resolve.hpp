// What values take from others, where they were not given themselves.
#pragma once

#include <string>

#include "millrace/config.hpp"

namespace millrace {

/// Completes a Config whose urls can be read:
/// - without `sink.url`, an MQTT source's url serves the sink; so do its user name with password,
///   its TLS files and its MQTT version, each unless the sink has its own;
/// - without `sink.client_id`, it is the source's with `-sink` after it;
/// - `whole` over a stream of bytes, which has no messages, is `lines`;
/// - the indices of a partition are in order.
void resolve(Config& config);

/// Whether a url was given for the sink, or can be taken from the source.
[[nodiscard]] bool has_sink(const Config& config);

/// Whether dead letters are published on the broker that the source reads from.
[[nodiscard]] bool dead_letters_reach_source(const Config& config);

/// Whether results are.
[[nodiscard]] bool results_reach_source(const Config& config);

}  // namespace millrace
