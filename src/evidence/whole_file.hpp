// Small files that are read and replaced as a whole.
#pragma once

#include <optional>
#include <string>
#include <system_error>

#include "journal/file_layer.hpp"

namespace millrace {

/// The file's bytes; nothing where there is none, or it cannot be read.
[[nodiscard]] std::optional<std::string> read_whole(const Folder& folder, const std::string& name);

/// Replaces the file: whenever the process or its host goes down, the old one or the new one is
/// there, complete.
[[nodiscard]] std::error_code replace_whole(const Folder& folder, const std::string& name,
                                            const std::string& bytes);

}  // namespace millrace
