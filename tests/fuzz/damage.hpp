// What can happen to files.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include "fuzz/memory_folder.hpp"

namespace millrace::fuzz {

/// These files after damage of the input's choice: bytes changed, zeroed, moved or copied between
/// files, files cut short, grown, swapped or gone.
[[nodiscard]] Files damaged(FuzzedDataProvider& in, Files files);

}  // namespace millrace::fuzz
