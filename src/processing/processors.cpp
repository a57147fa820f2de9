#include "processing/processors.hpp"

#include <stdexcept>

#include "processing/digest.hpp"
#include "processing/identity.hpp"
#include "processing/square.hpp"
#include "processing/verify.hpp"

namespace millrace {

ProcessorPtr make_processor(const ProcessingConfig& processing) {
  switch (processing.type) {
    case ProcessingType::identity:
      return std::make_unique<Identity>();
    case ProcessingType::square:
      return std::make_unique<Square>(processing.delay);
    case ProcessingType::digest:
      return std::make_unique<Digest>(Digester(processing.algorithm, processing.workers));
    case ProcessingType::verify:
      return std::make_unique<Verify>(Digester(processing.algorithm, processing.workers),
                                      processing.emit);
    case ProcessingType::exec:
      break;
  }
  throw std::invalid_argument("processing.type: exec needs processes beside this one");
}

}  // namespace millrace
