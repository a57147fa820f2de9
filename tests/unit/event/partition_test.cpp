#include "event/partition.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace millrace {
namespace {

// The first four: test vectors of FNV itself (RFC 9923); the partitions of sixteen: those that the
// README publishes.
struct Vector {
  std::string_view key;
  std::uint64_t hash;
  std::uint64_t of_sixteen;
};
constexpr Vector kVectors[] = {
    {"", 0xcbf29ce484222325, 5},
    {"a", 0xaf63dc4c8601ec8c, 12},
    {"b", 0xaf63df4c8601f1a5, 5},
    {"foobar", 0x85944171f73967e8, 8},
    {"events/a", 0xc421d9cd0e5ace50, 0},
    {"events/b", 0xc421dccd0e5ad369, 9},
    {"sensors/1", 0xa74a4ade943380ec, 12},
    {"sensors/2", 0xa74a4dde94338605, 5},
    {"sensors/10", 0x76be1435d383f5d4, 4},
    {"customer-4711", 0x570cfabeccba0c4f, 15},
    {"Z\xc3\xbcrich", 0x0ef841596f67fdc0, 0},
};

Partition of_sixteen(std::vector<unsigned> indices, const std::string& key = "topic") {
  return Partition({.count = 16, .indices = std::move(indices), .key = key});
}

TEST(Partition, HashesAsPublished) {
  for (const auto& [key, hash, index] : kVectors) EXPECT_EQ(fnv1a(key), hash) << key;
}

TEST(Partition, IsTheHashModuloTheCount) {
  for (const auto& [key, hash, index] : kVectors) {
    EXPECT_EQ(of_sixteen({0}).of(key), index) << key;
    EXPECT_EQ(Partition({.count = 10, .indices = {0}, .key = "topic"}).of(key), hash % 10) << key;
  }
}

TEST(Partition, OwnsWhatItsIndicesSay) {
  const auto partition = of_sixteen({5, 0});
  EXPECT_FALSE(partition.whole());
  for (const auto& [key, hash, index] : kVectors) {
    EXPECT_EQ(partition.owns(key), index == 5 || index == 0) << key;
  }
}

TEST(Partition, EveryKeyIsOwnedOnceWhereEveryIndexIs) {
  const Partition shares[] = {of_sixteen({0, 1, 2, 3, 4, 5}), of_sixteen({6, 7, 8, 9, 10}),
                              of_sixteen({11, 12, 13, 14, 15})};
  for (int i = 0; i < 1000; ++i) {
    int owners = 0;
    for (const auto& share : shares) owners += share.owns("device " + std::to_string(i)) ? 1 : 0;
    EXPECT_EQ(owners, 1) << i;
  }
}

TEST(Partition, IsWholeUnlessThereAreSeveral) {
  const Partition whole(PartitionConfig{});
  EXPECT_TRUE(whole.whole());
  EXPECT_TRUE(whole.owns("anything"));
  EXPECT_TRUE(Partition({.count = 1, .indices = {0}, .key = "topic"}).owns("anything"));
}

TEST(Partition, NamesThePropertyThatIsTheKey) {
  EXPECT_EQ(of_sixteen({0}).property(), "");
  EXPECT_EQ(of_sixteen({0}, "property:device").property(), "device");
  for (const char* key : {"", "property:", "pointer:/a", "topics", "prop"}) {
    EXPECT_THROW(of_sixteen({0}, key), std::invalid_argument) << key;
  }
}

}  // namespace
}  // namespace millrace
