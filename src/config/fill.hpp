// Settings as a Config.
#pragma once

#include "millrace/config.hpp"

namespace millrace {

class Settings;

/// Every value as it was given. The settings have passed `check_values`.
[[nodiscard]] Config fill_config(const Settings& settings);

}  // namespace millrace
