// Service: a whole millrace, assembled from a configuration.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "exec/spawner.hpp"
#include "millrace/config.hpp"
#include "millrace/observer.hpp"
#include "millrace/processor.hpp"
#include "millrace/sink.hpp"
#include "millrace/source.hpp"
#include "observability/status_topic.hpp"
#include "pipeline/control.hpp"

namespace millrace {

/// Makes journal, what stands beside it, processor, source and sinks as configured, and runs them.
///
/// Threads: `run` on one; the rest on any.
/// Errors: the constructor throws what a configuration that cannot work throws, and `JournalError`.
/// Lifetime: `observer` outlives it. After a run that was not orderly: don't destroy it, end the
/// process.
class Service {
 public:
  struct Options {
    bool accept_backlog = false;  ///< take a backlog made under another configuration
    SourcePtr source;             ///< where given, in the place of the configured one
    SinkPtr results;              ///< where given, in the place of the configured sink
    SinkPtr dead_letters;         ///< where given, in the place of what belongs to the sink
    ProcessorPtr processor;       ///< where given, in the place of the configured one
    Spawner* spawner = nullptr;   ///< for `processing.type` exec; outlives the service
    /// What `status.topic` says; asked on the control thread.
    StatusTopic::Condition condition = {};
    std::string version = {};  ///< of the program
  };

  Service(const Config& config, Observer& observer, Options options);
  ~Service();

  [[nodiscard]] Control::End run();
  void request_stop();

  /// What the journal holds now. From any thread.
  [[nodiscard]] JournalState journal_state() const;

  /// Has source and sinks read the files of `source.tls` and `sink.tls` for the connections made
  /// from now on. On any thread; what cannot be read is told to the observer, and changes nothing.
  void reload_tls(const Config& config);

  /// Runs `task` on the control thread every `interval`, until the end.
  void every(Duration interval, const std::function<void()>& task);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace
