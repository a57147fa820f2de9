// Which framer a configuration asks for.
#pragma once

#include "millrace/config.hpp"
#include "millrace/framer.hpp"

namespace millrace {

/// A framer for one stream of bytes. `connection`: the stream is a connection, so bytes that cannot
/// be a frame end it, and what follows them is discarded until `end`; otherwise it is a topic: the
/// rest of that message is given up with them, and the next one starts a frame.
///
/// Errors: throws `std::invalid_argument` where the header's format cannot work.
[[nodiscard]] FramerPtr make_framer(const FramingConfig& framing, const LimitsConfig& limits,
                                    bool connection);

}  // namespace millrace
