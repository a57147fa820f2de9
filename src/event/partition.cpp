#include "event/partition.hpp"

#include <algorithm>
#include <stdexcept>

namespace millrace {
namespace {

constexpr std::string_view kByTopic = "topic";
constexpr std::string_view kByProperty = "property:";

}  // namespace

Partition::Partition(const PartitionConfig& config)
    : owned_(std::max(config.count, 1U), config.count <= 1) {
  for (const unsigned index : config.indices) owned_.at(index) = true;
  if (config.key == kByTopic) return;
  property_ = config.key.substr(std::min(kByProperty.size(), config.key.size()));
  if (!config.key.starts_with(kByProperty) || property_.empty()) {
    throw std::invalid_argument("must be topic or property:NAME");
  }
}

}  // namespace millrace
