// JournalError: why a journal cannot be used.
#pragma once

#include <stdexcept>

namespace millrace {

/// Thrown while a journal is opened; the text says what is wrong, where, and what to do about it.
/// Nothing has been changed on disk then. The program ends with exit code 3.
class JournalError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace millrace
