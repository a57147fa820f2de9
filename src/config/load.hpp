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

/// Part of a configuration, in a document that is no configuration file.
struct ConfigPart {
  std::string origin;  ///< where it stands, for messages
  std::string json;    ///< an object
};

struct ConfigInputs {
  std::optional<std::string>
      file;                       ///< `--config`; else MILLRACE_CONFIG names it; else there is none
  std::vector<ConfigPart> parts;  ///< stronger than the file, weaker than all else; later ones win
  Environment environment;        ///< see `read_environment`
  std::vector<std::string> set;   ///< `--set`: `KEY=VALUE` each, later ones win
};

/// Reads, merges (command line over environment over file over defaults), checks and completes the
/// configuration: what comes back can be run.
///
/// Errors: throws `ConfigError`, one line that names the key, its value, who gave it, and what is
/// allowed; never a secret.
[[nodiscard]] Config load_config(const ConfigInputs& inputs);

}  // namespace millrace
