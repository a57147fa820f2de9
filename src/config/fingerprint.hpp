// What a backlog depends on.
#pragma once

#include <string>

#include "millrace/config.hpp"

namespace millrace {

/// A digest of what decides which frames a backlog holds and what becomes of them: the source's
/// url, topics, WebSocket subscriptions and client id, framing, and the kind of processing with the
/// command of its worker processes. Not of what may change under way, such as workers, limits,
/// credentials or the sink.
[[nodiscard]] std::string fingerprint(const Config& config);

}  // namespace millrace
