#include "config/suggest.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace millrace {
namespace {

constexpr std::size_t kLongestName = 80;  // longer ones are no slip of the pen

// Letters to add, drop, change, or swap with their neighbour (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::string_view last_part(std::string_view name, char separator) {
  const auto at = name.rfind(separator);
  return at == std::string_view::npos ? name : name.substr(at + 1);
}

// Twice the letters apart, so that one more for a guess by part of the name fits between.
std::size_t cost(std::string_view name, std::string_view known, char separator) {
  const std::size_t whole = 2 * distance(name, known);
  const bool begins = name.size() > 3 && known.starts_with(name);
  const bool ends = last_part(name, separator) == last_part(known, separator);
  return begins || ends ? std::min<std::size_t>(whole, 3) : whole;
}

}  // namespace

std::string nearest(std::string_view name, const std::vector<std::string>& known, char separator) {
  if (name.size() > kLongestName) return {};
  std::size_t best = 2 * std::max<std::size_t>(2, name.size() / 5) + 1;
  std::string found;
  for (const std::string& candidate : known) {
    const std::size_t candidate_cost = cost(name, candidate, separator);
    if (candidate_cost < best) {
      best = candidate_cost;
      found = candidate;
    }
  }
  return found;
}

}  // namespace millrace
