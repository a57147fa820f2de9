// Pipeline: from the journal's tail to the sinks, in order.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <system_error>

#include "dedupe/dedupe.hpp"
#include "evidence/evidence.hpp"
#include "millrace/config.hpp"
#include "millrace/framer.hpp"
#include "millrace/journal.hpp"
#include "millrace/observer.hpp"
#include "millrace/processor.hpp"
#include "millrace/sink.hpp"

namespace millrace {

/// What a pipeline is made of. All of it outlives the pipeline.
struct PipelineParts {
  Journal& journal;
  std::function<FramerPtr()> make_framer;
  Processor& processor;
  Sink& results;
  Sink& dead_letters;  ///< may be the same object as `results`
  Observer& observer;
  Evidence* evidence = nullptr;  ///< where a crash of the process can be survived
  Dedupe* dedupe = nullptr;      ///< where events can be repeats by their producer's word
  bool connections = false;      ///< streams are connections, which no restart continues
};

/// What a pipeline tells its owner, from any thread. Must not block.
struct PipelineEvents {
  std::function<void(const std::string& stream)> stream_broken;  ///< see `Source::close_stream`
  std::function<void()> committed;                               ///< the journal may have room
  std::function<void(std::error_code)> journal_failed;
  std::function<void(const Outcome&)> stopped;  ///< by `on_failure: stop`: drain, then exit 1
};

/// The flow graph and what feeds it, numbers it and commits it.
///
/// Threads: all methods from any thread; `start` once, before `finish` and `drain`.
/// Errors: through the events; nothing is thrown once it has been made.
/// Lifetime: destroy it only after a `drain` that was true. After one that was not, calls are still
/// running in it: end the process.
class Pipeline {
 public:
  Pipeline(const Config& config, PipelineParts parts, const PipelineEvents& events);
  ~Pipeline();

  /// Begins to read the journal.
  void start();

  /// From a sink, once for each outcome.
  void confirmed(std::uint64_t number);

  /// Partial frames time out only while their source is connected.
  void source_connected(bool connected);

  /// Finishes all that the journal holds, whichever it is. True when that is confirmed, false when
  /// `deadline` came first; may be called again then. The source must have ended.
  [[nodiscard]] bool finish(std::chrono::steady_clock::time_point deadline);

  /// Ends: with a durable journal started frames finish and all else is left to the next start;
  /// with one in memory everything that is in it is finished. True when all of that is confirmed
  /// and committed, false when `deadline` came first; may be called again then. The source must
  /// have stopped.
  [[nodiscard]] bool drain(std::chrono::steady_clock::time_point deadline);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace
