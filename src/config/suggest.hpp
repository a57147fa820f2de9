// The known name that an unknown one was probably meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The nearest of `known`, or an empty text where none is near. Near is: few letters apart; or the
/// same but for what stands before the last of `separators`; or the beginning of it.
[[nodiscard]] std::string nearest(std::string_view name, const std::vector<std::string>& known,
                                  char separator);

}  // namespace millrace
