#include "pipeline/emit_stage.hpp"

#include <utility>

namespace millrace {

EmitStage::EmitStage(Sink& results, Sink& dead_letters, const ProcessingConfig& processing,
                     Observer& observer, Events events)
    : results_(results),
      dead_letters_(dead_letters),
      on_failure_(processing.on_failure),
      in_order_(processing.order == Order::global),
      observer_(observer),
      events_(std::move(events)) {}

void EmitStage::take(const Done& done) {
  if (!done.outcome && in_order_) halted_ = true;
  if (done.outcome && !halted_) emit(done.outcome);
  taken_.fetch_add(1);
}

void EmitStage::emit(const OutcomePtr& outcome) {
  struct Way {
    EmitStage& stage;
    const OutcomePtr& outcome;
    void operator()(const Result&) const { stage.accept(stage.results_, outcome); }
    void operator()(const Filtered&) const { stage.filter(outcome); }
    void operator()(const Rejected&) const { stage.fail(outcome); }
    void operator()(const Failed&) const { stage.fail(outcome); }
  };
  std::visit(Way{*this, outcome}, outcome->verdict);
}

void EmitStage::filter(const OutcomePtr& outcome) {
  observer_.outcome_filtered(*outcome);
  events_.settled(outcome->frame->number);
}

void EmitStage::fail(const OutcomePtr& outcome) {
  switch (on_failure_) {
    case OnFailure::dead_letter:
      accept(dead_letters_, outcome);
      return;
    case OnFailure::drop:
      observer_.outcome_dropped(*outcome);
      events_.settled(outcome->frame->number);
      return;
    case OnFailure::stop:
      halted_ = true;
      events_.stopped(*outcome);
      return;
  }
}

void EmitStage::accept(Sink& sink, const OutcomePtr& outcome) {
  accepted_.fetch_add(1);
  // Told first: the sink may confirm before it returns.
  observer_.outcome_emitted(*outcome);
  sink.accept(outcome);
}

}  // namespace millrace
