// The environment as a source of settings.
#pragma once

#include <map>
#include <string>

namespace millrace {

class Settings;

using Environment = std::map<std::string, std::string>;

/// The variables of a process that begin with `MILLRACE_`; `variables` as `environ` has them.
[[nodiscard]] Environment read_environment(const char* const* variables);

/// Sets what the `MILLRACE_…` variables hold: values by their own variable, sections by JSON
/// objects (a value's own variable wins), secrets also by the file that `…_FILE` names (one newline
/// at its end is dropped). Passed over: `MILLRACE_CONFIG`, which names the file to load, and what
/// Kubernetes injects (`MILLRACE_SERVICE_…`, `MILLRACE_PORT…`).
///
/// Errors: throws `ConfigError`.
void apply_environment(const Environment& environment, Settings& settings);

}  // namespace millrace
