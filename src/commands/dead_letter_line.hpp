// DeadLetter: one line of dead letters, read back.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "millrace/chunk.hpp"

namespace millrace {

/// An event that could not be processed, as its letter tells of it (see `dead_letter_json`).
struct DeadLetter {
  std::string id;
  std::string stream;
  std::string cause;
  std::string payload;
  Properties properties;
};

/// Reads a letter; what else it holds than is known here is passed over. Or why the event cannot be
/// made of that line again, in words that read on after its number.
[[nodiscard]] std::variant<DeadLetter, std::string> read_dead_letter(std::string_view line);

}  // namespace millrace
