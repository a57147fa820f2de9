// What a program answers to those who ask how it is doing.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "program.hpp"

namespace millrace::test {

/// The object of /status; discarded where it does not answer.
[[nodiscard]] nlohmann::json status(const Program& millrace);

/// The value of a line of /metrics, without which the test fails. `name`: with its labels.
[[nodiscard]] double metric(const std::string& text, const std::string& name);

/// An empty text, or what promtool has to say of /metrics.
[[nodiscard]] std::string promtool_says(const std::string& metrics);

[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace millrace::test
