// Numbered events, and what has to become of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::test {

/// From a number to its event and its result, and back.
///
/// Threads: const methods from any.
class NumberedEvents {
 public:
  virtual ~NumberedEvents() = default;
  [[nodiscard]] virtual std::string event(std::uint64_t number) const = 0;
  [[nodiscard]] virtual std::string result(std::uint64_t number) const = 0;

  /// Which number a result claims to be of. It is that one's only if it equals `result`.
  [[nodiscard]] virtual std::optional<std::uint64_t> number_of_result(
      std::string_view text) const = 0;

  /// Every event begins with its number in decimal.
  [[nodiscard]] static std::optional<std::uint64_t> number_of_event(std::string_view text);
};

/// For the `identity` processor: the number, then text that follows from it and the seed, so that
/// a result made of parts of two events, or cut short, equals none.
class PatternEvents final : public NumberedEvents {
 public:
  /// `bytes`: of an event, at least 24.
  PatternEvents(std::uint64_t seed, std::size_t bytes) : seed_(seed), bytes_(bytes) {}

  [[nodiscard]] std::string event(std::uint64_t number) const override;
  [[nodiscard]] std::string result(std::uint64_t number) const override { return event(number); }
  [[nodiscard]] std::optional<std::uint64_t> number_of_result(std::string_view text) const override;

 private:
  std::uint64_t seed_;
  std::size_t bytes_;
};

/// For the `square` processor, which can be made slow.
class SquareEvents final : public NumberedEvents {
 public:
  [[nodiscard]] std::string event(std::uint64_t number) const override;
  [[nodiscard]] std::string result(std::uint64_t number) const override;
  [[nodiscard]] std::optional<std::uint64_t> number_of_result(std::string_view text) const override;
};

}  // namespace millrace::test
