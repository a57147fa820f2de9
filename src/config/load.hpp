// load_config: the configuration, from the command line, the environment, a file and the defaults.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/environment.hpp"
#include "config/error.hpp"
#include "config/validation.hpp"
#include "millrace/config.hpp"

namespace millrace {

struct ConfigInputs {
  std::optional<std::string>
      file;                      ///< `--config`; else MILLRACE_CONFIG names it; else there is none
  Environment environment;       ///< see `read_environment`
  std::vector<std::string> set;  ///< `--set`: `KEY=VALUE` each, later ones win
};

/// Reads, merges (command line over environment over file over defaults), checks and completes the
/// configuration: what comes back can be run.
///
/// Errors: throws `ConfigError`, one line that names the key, its value, who gave it, and what is
/// allowed; never a secret.
[[nodiscard]] Config load_config(const ConfigInputs& inputs);

}  // namespace millrace
