// Frames and attempts for processor tests.
#pragma once

#include <string>

#include "millrace/processor.hpp"

namespace millrace::test {

/// A frame that is its payload, as `whole` makes it.
[[nodiscard]] Frame whole_frame(std::string payload);

/// A frame of `length_prefixed`: header, digest field and payload.
[[nodiscard]] Frame digest_frame(const std::string& length, const std::string& digest,
                                 const std::string& payload);

/// An attempt that nobody stops.
[[nodiscard]] Attempt attempt();

/// An attempt whose deadline has passed.
[[nodiscard]] Attempt stopped_attempt();

/// A verdict in words: `result: 144`, `filtered`, `rejected: …`, `failed: …`.
[[nodiscard]] std::string words(const Verdict& verdict);

/// What a processor says to this payload, in words.
[[nodiscard]] std::string process(Processor& processor, std::string payload);

}  // namespace millrace::test
