#include "config/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

#include "config/listing.hpp"
#include "processing/digester.hpp"

namespace millrace {
namespace {

constexpr std::array<std::string_view, 16> kDecisive{"source.url",
                                                     "source.topics",
                                                     "source.subscribe",
                                                     "source.client_id",
                                                     "source.partition.count",
                                                     "source.partition.indices",
                                                     "source.partition.key",
                                                     "framing.type",
                                                     "framing.header",
                                                     "framing.header.format",
                                                     "framing.header.fields",
                                                     "processing.type",
                                                     "processing.algorithm",
                                                     "processing.emit",
                                                     "limits.frame_bytes",
                                                     "limits.partial_bytes"};

bool decides(std::string_view path, ProcessingType type) {
  if (path == "processing.command") return type == ProcessingType::exec;
  return std::find(kDecisive.begin(), kDecisive.end(), path) != kDecisive.end();
}

}  // namespace

std::string fingerprint(const Config& config) {
  std::string text;
  for (const auto& value : list_config(config)) {
    if (!decides(value.path, config.processing.type)) continue;
    // One partition is none: what was written before there were any stays acceptable.
    if (config.source.partition.count == 1 && value.path.starts_with("source.partition.")) continue;
    // Journals made before there was this value are still the same backlog.
    if (value.path == "source.subscribe" && value.value == "[]") continue;
    text += value.path + '=' + value.value + '\n';
  }
  const Digester digester(DigestAlgorithm::sha256, 1);
  return to_hex(std::get<std::string>(digester.compute(text, Attempt{})));
}

}  // namespace millrace
