// FaultCase: what every case of the fault suite has: a seed, a length, its figures.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "faults/oracle.hpp"

namespace millrace::test {

/// Whether the long form runs: the environment has MILLRACE_FAULTS=full.
[[nodiscard]] bool full_form();

/// The value for the form that runs.
template <typename Value>
[[nodiscard]] Value scaled(Value in_short, Value in_full) {
  return full_form() ? in_full : in_short;
}

/// A case's random choices follow from its seed, which it prints and MILLRACE_FAULTS_SEED sets.
/// Its figures, one JSON object a line, are added to the file named by MILLRACE_FAULTS_REPORT.
class FaultCase : public ::testing::Test {
 protected:
  FaultCase();

  void SetUp() override;
  void TearDown() override;

  /// What this machine lacks for the case, in words; it is left out then, which in a CI (CI=true)
  /// is a failure.
  [[nodiscard]] virtual std::string lacking() const { return {}; }

  /// What the environment says; millrace never sees it.
  [[nodiscard]] static std::string option(const char* name);

  /// Reports a figure; the name says its unit.
  template <typename Value>
  void figure(const std::string& name, const Value& value) {
    figures_[name] = value;
  }

  /// Checks that nothing was lost, invented, corrupted, reordered; reports the counts.
  void expect_kept(const Verdict& verdict);

  /// A time from `least` to `most`, all equally likely.
  [[nodiscard]] std::chrono::milliseconds between(std::chrono::milliseconds least,
                                                  std::chrono::milliseconds most);

  const std::uint64_t seed_;
  std::mt19937_64 random_;

 private:
  nlohmann::ordered_json figures_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

[[nodiscard]] bool is_root();
[[nodiscard]] bool has_program(const std::string& name);

/// Lets a load or a fault last. Never to wait for something: that has a condition.
void lapse(std::chrono::milliseconds time);

/// Milliseconds since `then`.
[[nodiscard]] std::chrono::milliseconds since(std::chrono::steady_clock::time_point then);

}  // namespace millrace::test
