// Which processor a configuration asks for.
#pragma once

#include "millrace/config.hpp"
#include "millrace/processor.hpp"

namespace millrace {

/// The configured processor, for `processing.workers` workers.
///
/// All but `exec`, which is no function of this process: `exec/exec_processor.hpp`.
///
/// Errors: throws `std::invalid_argument` where it cannot work on this machine (an algorithm that
/// OpenSSL does not offer).
[[nodiscard]] ProcessorPtr make_processor(const ProcessingConfig& processing);

}  // namespace millrace
