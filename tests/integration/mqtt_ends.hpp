// The MQTT source and sink between fake ends.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "millrace/observer.hpp"
#include "millrace/sink.hpp"
#include "millrace/source.hpp"
#include "pipeline/task_thread.hpp"
#include "sink/mqtt_sink.hpp"
#include "source/mqtt_source.hpp"
#include "support/wait.hpp"

namespace millrace::test {

/// Runs `work` on a scheduler's thread and returns when it has.
void run_on(Scheduler& scheduler, const std::function<void()>& work);

/// Configurations with the reconnects of a test, not of production.
SourceConfig source_config(const std::string& url, std::vector<std::string> topics = {"in/#"});
SinkConfig sink_config(const std::string& url);

/// Keeps what operators are told.
class NoticeBook final : public Observer {
 public:
  void notice(const Notice& notice) override;
  void chunk_skipped(std::string_view /*stream*/) override { ++skipped; }
  [[nodiscard]] bool has(const std::string& part) const;

  std::atomic<int> skipped = 0;  ///< chunks of other instances

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

/// The states that one end reported, in order.
class StateBook {
 public:
  void add(ConnectionState state);
  [[nodiscard]] ConnectionState last() const;
  [[nodiscard]] bool has_reason(const std::string& part) const;
  [[nodiscard]] bool wait_for_ok() const;
  [[nodiscard]] bool wait_for_reason(const std::string& part) const;

 private:
  mutable std::mutex mutex_;
  std::vector<ConnectionState> states_;
};

/// An MQTT source with an intake that keeps what comes.
class SourceRig final : Intake {
 public:
  /// Answers a chunk before it is kept; an error refuses it.
  using Gate = std::function<std::error_code(const Chunk&)>;

  explicit SourceRig(const SourceConfig& config, const ConnectionTiming& timing = {});
  ~SourceRig() override;

  SourceRig& start();
  void pause();
  void resume();
  void stop();
  void set_gate(Gate gate);

  [[nodiscard]] std::vector<Chunk> chunks() const;
  [[nodiscard]] std::vector<std::string> payloads() const;
  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] bool wait_for(std::size_t count) const;

  StateBook states;
  NoticeBook notices;

 private:
  std::error_code chunk(Chunk chunk) override;
  std::error_code cut(Cut cut) override;
  void state(ConnectionState state) override;
  void ended(std::string error) override;

  TaskThread control_{"control"};
  mutable std::mutex mutex_;
  Gate gate_;
  std::vector<Chunk> chunks_;
  SourcePtr source_;
};

/// An MQTT sink with a receiver of confirmations.
class SinkRig final : Deliveries {
 public:
  explicit SinkRig(const SinkConfig& config, const ConnectionTiming& timing = {},
                   const DeadLetterConfig& dead_letter = {});
  ~SinkRig() override;

  SinkRig& start();
  void stop();

  /// Accepts a result with the next number.
  void send(const std::string& payload, const std::string& stream = "in/a",
            std::shared_ptr<const Properties> properties = {});
  void send_all(std::size_t count);  ///< payloads "0", "1", …
  void reject(const std::string& payload, const std::string& cause);

  [[nodiscard]] std::vector<std::uint64_t> confirmed() const;
  [[nodiscard]] bool wait_for(std::size_t count) const;
  [[nodiscard]] Sink& sink() const { return *sink_; }

  StateBook states;
  NoticeBook notices;

 private:
  void confirmed(std::uint64_t number) override;
  void state(ConnectionState state) override;
  void failed(std::string why) override;
  void accept(const std::string& payload, const std::string& stream,
              std::shared_ptr<const Properties> properties, Verdict verdict);

  TaskThread control_{"control"};
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> confirmed_;
  std::uint64_t next_ = 0;
  SinkPtr sink_;
};

/// "0" … "count-1".
std::vector<std::string> numbers(std::size_t count);

}  // namespace millrace::test
