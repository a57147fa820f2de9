#include <algorithm>
#include <cstddef>
#include <deque>
#include <nlohmann/json.hpp>
#include <utility>

#include "commands/test_case.hpp"
#include "config/error.hpp"
#include "event/base64.hpp"
#include "event/utf8.hpp"

namespace millrace {
namespace {

constexpr std::size_t kShownBytes = 120;
// Beyond it (rows times columns) outcomes are compared one by one, without a search for what moved.
constexpr std::size_t kLargestTable = 4'000'000;

bool failed_so(const SeenOutcome& seen, TestFate fate) {
  if (fate == TestFate::dead_letter || fate == TestFate::dropped) return seen.then == fate;
  return seen.fate == fate;
}

bool has_properties(const Expectation& expected, const SeenOutcome& seen) {
  if (!expected.content_type && expected.user.empty()) return true;
  if (!seen.properties) return false;
  if (expected.content_type && *expected.content_type != seen.properties->content_type)
    return false;
  const auto& user = seen.properties->user;
  return std::all_of(expected.user.begin(), expected.user.end(), [&](const auto& pair) {
    return std::find(user.begin(), user.end(), pair) != user.end();
  });
}

bool matches(const Expectation& expected, const SeenOutcome& seen) {
  return failed_so(seen, expected.fate) && seen.cause.find(expected.cause) != std::string::npos &&
         (!expected.payload || *expected.payload == seen.payload) &&
         (!expected.stream || *expected.stream == seen.stream) &&
         (!expected.topic || expected.topic == seen.topic) &&
         (!expected.attempts || *expected.attempts == seen.attempts) &&
         has_properties(expected, seen);
}

std::string in_quotes(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string shown(std::string_view bytes) {
  const bool long_one = bytes.size() > kShownBytes;
  std::string_view part = bytes.substr(0, kShownBytes);
  // A character at the cut is shown whole or not at all.
  while (long_one && !part.empty() && is_utf8(bytes) && !is_utf8(part)) part.remove_suffix(1);
  const std::string text = is_utf8(part) ? in_quotes(part) : "base64 " + base64(part);
  return text + (long_one ? "… (" + std::to_string(bytes.size()) + " bytes)" : "");
}

std::string user_text(const std::vector<std::pair<std::string, std::string>>& user) {
  std::string text;
  for (const auto& [key, value] : user)
    text += ", user " + in_quotes(key) + ": " + in_quotes(value);
  return text;
}

std::string describe(const Expectation& expected) {
  std::string text(name_of(expected.fate));
  if (expected.fate == TestFate::result) {
    text += " " + shown(expected.payload.value_or(""));
  } else {
    if (!expected.cause.empty()) text += " because of " + shown(expected.cause);
    if (expected.payload) text += ", payload " + shown(*expected.payload);
  }
  if (expected.stream) text += ", stream " + *expected.stream;
  if (expected.topic) text += ", topic " + *expected.topic;
  if (expected.attempts) text += ", attempts " + std::to_string(*expected.attempts);
  if (expected.content_type) text += ", content_type " + in_quotes(*expected.content_type);
  return text + user_text(expected.user);
}

// What was asked for, and what a reader needs to know anyway.
std::string describe(const SeenOutcome& seen, const Expectation* asked) {
  std::string text(name_of(seen.fate));
  if (seen.fate == TestFate::result) {
    text += " " + shown(seen.payload);
  } else {
    if (seen.then != TestFate::result) text += " (" + std::string(name_of(seen.then)) + ")";
    if (!seen.cause.empty()) text += " because of " + shown(seen.cause);
    if (seen.fate != TestFate::stopped) text += ", payload " + shown(seen.payload);
  }
  if (seen.fate == TestFate::stopped) return text;
  text += ", stream " + seen.stream;
  if (seen.topic) text += ", topic " + *seen.topic;
  if (asked != nullptr && asked->attempts) text += ", attempts " + std::to_string(seen.attempts);
  if (asked == nullptr || !seen.properties) return text;
  if (asked->content_type) text += ", content_type " + in_quotes(seen.properties->content_type);
  return asked->user.empty() ? text : text + user_text(seen.properties->user);
}

// Where both go on differing, in long payloads.
std::string first_difference(const Expectation& expected, const SeenOutcome& seen) {
  if (!expected.payload || expected.fate != seen.fate || *expected.payload == seen.payload ||
      std::max(expected.payload->size(), seen.payload.size()) <= kShownBytes) {
    return {};
  }
  const auto& a = *expected.payload;
  const auto& b = seen.payload;
  const auto end = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at < end && a[at] == b[at]) ++at;
  return "  they differ from byte " + std::to_string(at + 1) + " on, " + std::to_string(a.size()) +
         " and " + std::to_string(b.size()) + " bytes";
}

/// The longest common part of both sequences, as a table of its lengths.
class CommonPart {
 public:
  CommonPart(const std::vector<Expectation>& expected, const std::vector<SeenOutcome>& seen)
      : columns_(seen.size() + 1) {
    if ((expected.size() + 1) * columns_ > kLargestTable) return;
    lengths_.resize((expected.size() + 1) * columns_);
    for (std::size_t i = expected.size(); i-- > 0;) {
      for (std::size_t j = seen.size(); j-- > 0;) {
        at(i, j) = matches(expected[i], seen[j]) ? at(i + 1, j + 1) + 1
                                                 : std::max(at(i + 1, j), at(i, j + 1));
      }
    }
  }

  /// Whether, where both differ, the expected one is missing, or the seen one has come in between.
  [[nodiscard]] bool missing(std::size_t i, std::size_t j) const {
    return !lengths_.empty() && of(i + 1, j) >= of(i, j + 1) && of(i + 1, j) > of(i + 1, j + 1);
  }
  [[nodiscard]] bool extra(std::size_t i, std::size_t j) const {
    return !lengths_.empty() && of(i, j + 1) > of(i + 1, j + 1);
  }

 private:
  unsigned& at(std::size_t i, std::size_t j) { return lengths_[i * columns_ + j]; }
  [[nodiscard]] unsigned of(std::size_t i, std::size_t j) const {
    return lengths_[i * columns_ + j];
  }

  std::size_t columns_;
  std::vector<unsigned> lengths_;
};

/// The lines, of which those that are as expected are left out where they are many.
class Listing {
 public:
  void same(const Expectation& expected) {
    if (tail_left_ > 0) {
      --tail_left_;
      lines_.push_back("  " + describe(expected));
      return;
    }
    before_.push_back(&expected);
    if (before_.size() <= kContext) return;
    before_.pop_front();
    ++left_out_;
  }

  void differ(const Expectation* expected, const SeenOutcome* seen) {
    if (++differences_ > kShownDifferences) return;
    if (left_out_ > 0) lines_.push_back("  … " + std::to_string(left_out_) + " as expected");
    left_out_ = 0;
    for (const Expectation* each : before_) lines_.push_back("  " + describe(*each));
    before_.clear();
    tail_left_ = kContext;
    if (expected != nullptr) lines_.push_back("- " + describe(*expected));
    if (seen != nullptr) lines_.push_back("+ " + describe(*seen, expected));
    if (expected == nullptr || seen == nullptr) return;
    if (auto line = first_difference(*expected, *seen); !line.empty()) {
      lines_.push_back(std::move(line));
    }
  }

  std::vector<std::string> lines() {
    if (differences_ == 0) return {};
    if (differences_ > kShownDifferences) {
      lines_.push_back("… " + std::to_string(differences_ - kShownDifferences) +
                       " more differences");
    }
    return std::move(lines_);
  }

 private:
  static constexpr std::size_t kContext = 3;
  static constexpr std::size_t kShownDifferences = 50;

  std::vector<std::string> lines_;
  std::deque<const Expectation*> before_;  // as expected, and not yet shown
  std::size_t left_out_ = 0;
  std::size_t tail_left_ = kContext;  // lines as expected that are shown at once
  std::size_t differences_ = 0;
};

}  // namespace

std::vector<std::string> differences(const std::vector<Expectation>& expected,
                                     const std::vector<SeenOutcome>& seen) {
  const CommonPart common(expected, seen);
  Listing listing;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < expected.size() || j < seen.size()) {
    const bool both = i < expected.size() && j < seen.size();
    if (both && matches(expected[i], seen[j])) {
      listing.same(expected[i]);
      ++i, ++j;
      continue;
    }
    const bool gone = j == seen.size() || (both && common.missing(i, j));
    const bool come = i == expected.size() || (both && !gone && common.extra(i, j));
    listing.differ(come ? nullptr : &expected[i], gone ? nullptr : &seen[j]);
    if (!come) ++i;
    if (!gone) ++j;
  }
  return listing.lines();
}

}  // namespace millrace
