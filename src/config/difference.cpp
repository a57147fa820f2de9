#include "config/difference.hpp"

#include <cstddef>
#include <type_traits>

#include "config/binding.hpp"

namespace millrace {

std::vector<std::string> changed_keys(const Config& before, const Config& after) {
  std::vector<const void*> members;
  visit_config(before, [&members](const std::string& /*path*/, const auto& member) {
    members.push_back(&member);
  });
  std::vector<std::string> changed;
  std::size_t next = 0;
  // The same members in the same order, so each has the type of the one at its place.
  visit_config(after, [&](const std::string& path, const auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    if (*static_cast<const Member*>(members[next++]) != member) changed.push_back(path);
  });
  return changed;
}

}  // namespace millrace
