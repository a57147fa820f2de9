// Control: starts, pauses, resumes and stops what a millrace is made of.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "millrace/config.hpp"
#include "millrace/journal.hpp"
#include "millrace/observer.hpp"
#include "millrace/scheduler.hpp"
#include "millrace/sink.hpp"
#include "millrace/source.hpp"
#include "pipeline/pipeline.hpp"

namespace millrace {

/// Exit codes of the program.
enum class ExitCode { clean = 0, failed = 1, usage = 2, unsafe = 3 };

/// What a running millrace is made of. All of it outlives the control.
struct ControlParts {
  Source& source;
  Sink& results;
  Sink& dead_letters;  ///< may be the same object as `results`
  Journal& journal;
  Processor& processor;
  std::function<FramerPtr()> make_framer;
  Scheduler& scheduler;  ///< the control thread
  Observer& observer;
  Evidence* evidence = nullptr;  ///< as in `PipelineParts`
  Dedupe* dedupe = nullptr;
  bool connections = false;
};

/// Binds source, journal, pipeline and sinks together: pauses the source at high water and resumes
/// it at low water, and stops everything in the order in which nothing is lost.
///
/// Threads: `run` on one; `request_stop` and `fail` on any.
class Control final : private Intake {
 public:
  Control(const Config& config, ControlParts parts);
  ~Control() override;

  /// How a run ended. Where it is not `orderly`, calls may still be under way in other threads: end
  /// the process without destroying anything.
  struct End {
    ExitCode code = ExitCode::clean;
    bool orderly = true;
  };

  /// Starts everything, waits for a reason to stop, and stops everything within `limits.drain`.
  [[nodiscard]] End run();

  /// Asks for an orderly stop.
  void request_stop();

  /// The same, because the run cannot go on: exit code 1.
  void fail(const std::string& why);

 private:
  class SinkReports;
  struct Reason {
    ExitCode code = ExitCode::clean;
    std::string text;
    bool source_ended = false;  // what it handed in is finished first, however long that takes
  };

  [[nodiscard]] std::error_code chunk(Chunk chunk) override;
  [[nodiscard]] std::error_code cut(Cut cut) override;
  void state(ConnectionState state) override;
  void ended(std::string error) override;

  PipelineEvents pipeline_events();
  std::error_code stored(std::error_code error);
  void journal_failed(std::error_code error);
  void stop_for(Reason reason);
  Reason wait_for_reason();
  bool asked_again();
  bool drain(std::chrono::steady_clock::time_point deadline);
  End stop(const Reason& reason);
  bool on_control(const std::function<void()>& task,
                  std::chrono::steady_clock::time_point deadline);
  void start_all();
  void look_at_room();
  void pause();
  void resume();
  void notice(Severity severity, const std::string& text);

  const Config config_;
  const ControlParts parts_;
  std::unique_ptr<SinkReports> result_reports_;
  std::unique_ptr<SinkReports> dead_letter_reports_;
  Pipeline pipeline_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Reason> reason_;  // the first one, or a worse one
  unsigned reasons_ = 0;

  std::atomic<bool> pause_wanted_ = false;  // from high water until the source flows again
  std::atomic<bool> paused_ = false;
  std::atomic<bool> resume_posted_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> undeliverable_ = false;  // a sink has failed for good
};

}  // namespace millrace
