#include "pipeline/pipeline.hpp"

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <optional>
#include <tuple>
#include <utility>

#include "pipeline/credits.hpp"
#include "pipeline/emit_stage.hpp"
#include "pipeline/feeder.hpp"
#include "pipeline/framing_stage.hpp"
#include "pipeline/key_order.hpp"
#include "pipeline/ledger.hpp"
#include "pipeline/processing_stage.hpp"
#include "pipeline/retries.hpp"
#include "pipeline/task_thread.hpp"
#include "pipeline/workers.hpp"

namespace millrace {

namespace flow = oneapi::tbb::flow;

namespace {

struct Token {};

// Retried frames are older than those that wait, so they go first.
struct OlderFirst {
  bool operator()(const Job& left, const Job& right) const {
    return left.frame->number > right.frame->number;
  }
};

using FramingNode = flow::multifunction_node<Token, std::tuple<Job>>;
using ReadyNode = flow::priority_queue_node<Job, OlderFirst>;
using ProcessingNode = flow::multifunction_node<Job, std::tuple<Done>, flow::rejecting>;
using OrderNode = flow::sequencer_node<Done>;
using KeyOrderNode = flow::multifunction_node<Done, std::tuple<Done>>;
using EmitNode = flow::function_node<Done>;

// Slots for every worker, for the serial stages and for the thread that TBB counts as the caller's.
// Workers may block, so none of it follows from the number of cores.
constexpr int kSerialStages = 2;

struct Graph {
  flow::graph graph;
  std::optional<FramingNode> framing;
  std::optional<ReadyNode> ready;
  std::optional<ProcessingNode> processing;
  std::optional<OrderNode> order;         // one of these two,
  std::optional<KeyOrderNode> key_order;  // or none
  std::optional<EmitNode> emit;
};

}  // namespace

class Pipeline::Impl {
 public:
  Impl(const Config& config, PipelineParts parts, const PipelineEvents& events);
  ~Impl();

  void start();
  void confirmed(std::uint64_t number);
  void source_connected(bool connected) { connected_.store(connected); }
  bool finish(std::chrono::steady_clock::time_point deadline);
  bool drain(std::chrono::steady_clock::time_point deadline);

 private:
  void build();
  void build_order(flow::sender<Done>& done, EmitNode& emit);
  void put(const Job& job) {
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): `build` has made every node.
    graph_->ready->try_put(job);
  }
  Job first_job(const FramePtr& frame) const;
  void credit_returned(std::uint64_t bytes);
  std::error_code keys_written() const;
  void settled(std::uint64_t number);
  void watch_workers();
  void watch_partials();
  bool all_settled() const;
  bool finish_started(std::chrono::steady_clock::time_point deadline);

  const Config config_;
  const PipelineParts parts_;
  const Duration partial_tick_;
  oneapi::tbb::global_control threads_;
  oneapi::tbb::task_arena arena_;

  std::atomic<bool> ended_ = false;
  TaskThread timers_{"timers"};  // retries, deadlines, commits: nothing that blocks

  Credits credits_;
  Ledger ledger_;
  FramingStage framing_;
  Workers workers_;
  Retries retries_;
  ProcessingStage processing_;
  KeyOrder key_order_;
  EmitStage emit_;
  Feeder feeder_;
  std::unique_ptr<Graph> graph_;

  std::atomic<std::uint64_t> framed_ = 0;     // numbers given
  std::atomic<std::uint64_t> confirmed_ = 0;  // of those that a sink accepted
  std::atomic<bool> connected_ = false;
  std::atomic<bool> draining_ = false;
  std::chrono::steady_clock::time_point partials_watched_;
};

// The path of an event, top to bottom.
void Pipeline::Impl::build() {
  graph_ = std::make_unique<Graph>();
  auto& [graph, framing, ready, processing, order, key_order, emit] = *graph_;

  framing.emplace(graph, flow::serial, [this](Token, auto& ports) {
    const FramePtr frame = framing_.next(credits_.adopt());
    if (frame) {
      framed_.fetch_add(1);
      if (config_.processing.order == Order::key) key_order_.enter(*frame);
      std::get<0>(ports).try_put(first_job(frame));
    }
    feeder_.token_done();
    if (draining_.load()) ledger_.changed();
  });

  ready.emplace(graph);

  processing.emplace(graph, config_.processing.workers, [this](const Job& job, auto& ports) {
    if (const auto done = processing_.run(job)) std::get<0>(ports).try_put(*done);
  });

  emit.emplace(graph, flow::serial, [this](const Done& done) {
    emit_.take(done);
    if (draining_.load()) ledger_.changed();
    return flow::continue_msg{};
  });

  flow::make_edge(flow::output_port<0>(*framing), *ready);
  flow::make_edge(*ready, *processing);
  build_order(flow::output_port<0>(*processing), *emit);
}

// From processing to emission: all in the order of the numbers, those of one key, or as they come.
void Pipeline::Impl::build_order(flow::sender<Done>& done, EmitNode& emit) {
  flow::graph& graph = graph_->graph;
  auto& order = graph_->order;
  auto& key_order = graph_->key_order;
  switch (config_.processing.order) {
    case Order::global:
      order.emplace(graph, [](const Done& each) { return each.number; });
      flow::make_edge(done, *order);
      flow::make_edge(*order, emit);
      return;
    case Order::key:
      key_order.emplace(graph, flow::serial, [this](const Done& each, auto& ports) {
        for (const Done& next : key_order_.leave(each)) std::get<0>(ports).try_put(next);
      });
      flow::make_edge(done, *key_order);
      flow::make_edge(flow::output_port<0>(*key_order), emit);
      return;
    case Order::none:
      flow::make_edge(done, emit);
      return;
  }
}

Pipeline::Impl::Impl(const Config& config, PipelineParts parts, const PipelineEvents& events)
    : config_(config),
      parts_(std::move(parts)),
      partial_tick_(std::clamp(config.framing.timeout / 8, Duration(5), Duration(500))),
      threads_(oneapi::tbb::global_control::max_allowed_parallelism,
               config.processing.workers + kSerialStages + 1),
      arena_(static_cast<int>(config.processing.workers) + kSerialStages, 0),
      credits_(config.limits.in_flight, config.limits.in_flight_bytes,
               [this](std::uint64_t bytes) { credit_returned(bytes); }),
      ledger_(parts_.journal, timers_, config.limits.in_flight / 4,
              {.before_commit = [this] { return keys_written(); },
               .committed = events.committed,
               .failed = events.journal_failed,
               .has_room =
                   [this] {
                     framing_.unblock();
                     feeder_.wake();
                   }},
              Overtaking::of(config)),
      framing_(parts_.journal, ledger_, credits_, parts_.make_framer, config.framing, config.limits,
               parts_.observer,
               {.stream_broken = events.stream_broken, .failed = events.journal_failed},
               parts_.dedupe, parts_.connections),
      workers_(parts_.processor, config.processing.workers, config.processing.timeout,
               parts_.observer, parts_.evidence),
      retries_(timers_, config.processing, parts_.observer,
               {.reserve = [this] { graph_->graph.reserve_wait(); },
                .reenter = [this](const Job& job) { put(job); },
                .release = [this] { graph_->graph.release_wait(); }}),
      processing_(workers_, parts_.results, config.processing, config.limits,
                  [this](Job job, std::optional<Duration> again_in) {
                    retries_.schedule(std::move(job), again_in);
                  }),
      key_order_(EventKey(config.processing.key)),
      emit_(parts_.results, parts_.dead_letters, config.processing, parts_.observer,
            {.settled = [this](std::uint64_t number) { settled(number); },
             .stopped = events.stopped}),
      feeder_(parts_.journal, credits_, framing_, [this] { graph_->framing->try_put(Token{}); }) {
  // The graph belongs to the arena in which it is made.
  arena_.execute([this] { build(); });
  parts_.journal.on_append([this] { feeder_.wake(); });
}

Pipeline::Impl::~Impl() {
  timers_.stop();
  feeder_.stop();
  graph_->graph.wait_for_all();
  ended_.store(true);
}

void Pipeline::Impl::start() {
  partials_watched_ = std::chrono::steady_clock::now();
  watch_workers();
  watch_partials();
  feeder_.start();
}

// What crashed the process counts as an attempt.
Job Pipeline::Impl::first_job(const FramePtr& frame) const {
  const unsigned crashes = parts_.evidence != nullptr ? parts_.evidence->crashes(frame->id) : 0;
  return {frame, 1 + crashes};
}

// No restart may know a frame as done and not know its key.
std::error_code Pipeline::Impl::keys_written() const {
  return parts_.dedupe != nullptr ? parts_.dedupe->flush() : std::error_code{};
}

void Pipeline::Impl::credit_returned(std::uint64_t bytes) {
  if (ended_.load()) return;  // the ledger lets go of what was left to the next start
  if (bytes > 0) framing_.unblock();
  feeder_.wake();
}

void Pipeline::Impl::settled(std::uint64_t number) {
  parts_.observer.outcome_confirmed(number);
  ledger_.confirmed(number);
}

void Pipeline::Impl::confirmed(std::uint64_t number) {
  settled(number);
  confirmed_.fetch_add(1);
  if (draining_.load()) ledger_.changed();
}

void Pipeline::Impl::watch_workers() {
  workers_.watch();
  timers_.after(workers_.watch_interval(), [this] { watch_workers(); });
}

// Time counts for a partial frame only while its source is connected, and a gap in our own running
// (a stopped process, a suspended machine) counts no more than two ticks.
void Pipeline::Impl::watch_partials() {
  const auto now = std::chrono::steady_clock::now();
  const auto elapsed = std::chrono::duration_cast<Duration>(now - partials_watched_);
  partials_watched_ = now;
  if (connected_.load()) framing_.waited(std::min(elapsed, 2 * partial_tick_));
  if (framing_.has_partials()) feeder_.nudge();
  timers_.after(partial_tick_, [this] { watch_partials(); });
}

bool Pipeline::Impl::all_settled() const {
  return feeder_.tokens() == 0 && emit_.taken() == framed_.load() &&
         confirmed_.load() == emit_.accepted();
}

bool Pipeline::Impl::finish(std::chrono::steady_clock::time_point deadline) {
  draining_.store(true);
  framing_.end_streams();
  feeder_.nudge();
  const bool in_time = ledger_.wait(deadline, [this] {
    if (emit_.halted()) return true;
    return !feeder_.has_work() && !framing_.has_partials() && all_settled();
  });
  return in_time && (!emit_.halted() || finish_started(deadline));
}

bool Pipeline::Impl::finish_started(std::chrono::steady_clock::time_point deadline) {
  feeder_.stop();
  processing_.abandon();
  retries_.hasten();
  return ledger_.wait(deadline, [this] { return all_settled(); });
}

bool Pipeline::Impl::drain(std::chrono::steady_clock::time_point deadline) {
  draining_.store(true);
  const bool in_time =
      parts_.journal.durable() || emit_.halted() ? finish_started(deadline) : finish(deadline);
  if (!in_time) return false;
  feeder_.stop();
  ledger_.flush();
  graph_->graph.wait_for_all();
  return true;
}

Pipeline::Pipeline(const Config& config, PipelineParts parts, const PipelineEvents& events)
    : impl_(std::make_unique<Impl>(config, std::move(parts), events)) {}

Pipeline::~Pipeline() = default;

void Pipeline::start() {
  impl_->start();
}

void Pipeline::confirmed(std::uint64_t number) {
  impl_->confirmed(number);
}

void Pipeline::source_connected(bool connected) {
  impl_->source_connected(connected);
}

bool Pipeline::finish(std::chrono::steady_clock::time_point deadline) {
  return impl_->finish(deadline);
}

bool Pipeline::drain(std::chrono::steady_clock::time_point deadline) {
  return impl_->drain(deadline);
}

}  // namespace millrace
