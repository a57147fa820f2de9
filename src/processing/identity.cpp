#include "processing/identity.hpp"

namespace millrace {

Verdict Identity::process(const Frame& frame, const Attempt&) {
  return Result{frame.payload};
}

}  // namespace millrace
