#include "config/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

#include "config/listing.hpp"
#include "processing/digester.hpp"

namespace millrace {
namespace {

constexpr std::array<std::string_view, 12> kDecisive{"source.url",
                                                     "source.topics",
                                                     "source.client_id",
                                                     "framing.type",
                                                     "framing.header",
                                                     "framing.header.format",
                                                     "framing.header.fields",
                                                     "processing.type",
                                                     "processing.algorithm",
                                                     "processing.emit",
                                                     "limits.frame_bytes",
                                                     "limits.partial_bytes"};

}  // namespace

std::string fingerprint(const Config& config) {
  std::string text;
  for (const auto& value : list_config(config)) {
    if (std::find(kDecisive.begin(), kDecisive.end(), value.path) == kDecisive.end()) continue;
    text += value.path + '=' + value.value + '\n';
  }
  const Digester digester(DigestAlgorithm::sha256, 1);
  return to_hex(std::get<std::string>(digester.compute(text, Attempt{})));
}

}  // namespace millrace
