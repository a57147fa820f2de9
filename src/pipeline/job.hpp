// Job and Done: what travels between the nodes of the graph.
#pragma once

#include <cstdint>

#include "millrace/frame.hpp"
#include "millrace/outcome.hpp"

namespace millrace {

/// A frame on its way to a worker.
struct Job {
  FramePtr frame;
  unsigned attempt = 1;  ///< those in which the process crashed count
};

/// A frame that will not come back to a worker in this process.
struct Done {
  std::uint64_t number = 0;
  OutcomePtr outcome;  ///< null: not started before the stop, and left to the next start
};

}  // namespace millrace
