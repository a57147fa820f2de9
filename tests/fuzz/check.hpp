// What a fuzz target says when something does not hold.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "event/utf8.hpp"

namespace millrace::fuzz {

/// Ends the process, which libFuzzer counts as a finding and keeps the input of.
[[noreturn]] inline void fail(std::string_view what, std::string_view shown = {}) {
  std::cerr << "does not hold: " << what;
  if (!shown.empty()) std::cerr << ": " << shown;
  std::cerr << '\n';
  std::abort();
}

inline void require(bool holds, std::string_view what, std::string_view shown = {}) {
  if (!holds) fail(what, shown);
}

/// What a person may be shown: one line, valid UTF-8, no control character below the space.
inline void require_one_line(std::string_view message) {
  require(!message.empty(), "a message says something");
  require(is_utf8(message), "a message is valid UTF-8", message);
  for (const char c : message) {
    require(static_cast<unsigned char>(c) >= 0x20, "a message is one line", message);
  }
}

}  // namespace millrace::fuzz
