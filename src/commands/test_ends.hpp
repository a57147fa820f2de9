// The ends of a pipeline under test: a source and sinks in memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "commands/test_file.hpp"
#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/sink.hpp"
#include "millrace/source.hpp"

namespace millrace {

/// What became of one event.
struct SeenOutcome {
  std::uint64_t number = 0;
  TestFate fate = TestFate::result;  ///< `result`, `filtered`, `rejected`, `failed` or `stopped`
  TestFate then = TestFate::result;  ///< of the middle two: `dead_letter` or `dropped`
  std::string cause;
  std::string payload;  ///< of a result: its own; else all bytes of the event as they came
  std::string stream;
  unsigned attempts = 0;
  std::optional<std::string> topic;      ///< of a result that is published
  std::optional<Properties> properties;  ///< the same
};

/// Hears what happens in a pipeline under test, and keeps it.
///
/// Threads: any.
class TestRecord final : public Observer {
 public:
  void take(SeenOutcome outcome);

  void outcome_filtered(const Outcome& outcome) override;
  void outcome_dropped(const Outcome& outcome) override;
  void processing_changed(const ProcessingState& state) override;
  void worker_said(unsigned worker, const EventId* event, const std::string& line) override;
  void notice(const Notice& notice) override;

  /// In the order of emission.
  [[nodiscard]] std::vector<SeenOutcome> outcomes() const;
  /// Warnings, errors, and what workers said: the last ones.
  [[nodiscard]] std::vector<std::string> lines() const;
  /// Why no worker has worked for so long; empty where one does.
  [[nodiscard]] std::string broken_for(Duration time) const;
  /// Why the run ended before its input did, or otherwise than well.
  [[nodiscard]] std::string stop_reason() const;

 private:
  void keep(std::string line);

  mutable std::mutex mutex_;
  std::vector<SeenOutcome> outcomes_;
  std::vector<std::string> lines_;
  std::string broken_;
  std::string stop_reason_;
  std::chrono::steady_clock::time_point broken_since_;
};

/// Hands in a case's input and ends. What `source.partition` leaves to other instances is passed
/// over, as by the MQTT source.
///
/// Lifetime: `inputs` outlives it.
[[nodiscard]] SourcePtr make_test_source(const Config& config,
                                         const std::vector<TestInput>& inputs);

/// Records what comes, made into the very message that would be published where the sink is MQTT.
///
/// Lifetime: `record` outlives it.
[[nodiscard]] SinkPtr make_test_sink(const Config& config, TestRecord& record);

}  // namespace millrace
