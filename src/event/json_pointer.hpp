// JsonPointer: one value out of a JSON document, without reading the rest.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// A JSON pointer (RFC 6901) to a member or an element.
///
/// Threads: immutable.
class JsonPointer {
 public:
  /// Such as `/header/id` or `/items/0`. Throws `std::invalid_argument` for any other text, and for
  /// the whole document.
  explicit JsonPointer(std::string_view text);

  /// One part of the path: a name, or the number of an element where it can be one.
  struct Token {
    std::string name;
    std::optional<std::size_t> index;
  };

  /// The scalar it points to, as `s`, `n` or `b` (string, number, boolean) with its text behind:
  /// equal values of one type have equal texts, numbers as far as they are written alike (1.0 is
  /// not 1). Nothing where it points to nothing, to null, to an object or an array, or where the
  /// document is no JSON up to there: what stands behind the value is not looked at.
  [[nodiscard]] std::optional<std::string> find(std::string_view document) const;

 private:
  std::vector<Token> path_;
};

}  // namespace millrace
