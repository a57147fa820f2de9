#include "observability/tap.hpp"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

// Of events between their turn and their confirmation; of more than these no payload is shown.
constexpr std::size_t kPayloadsKept = 4096;

// What has come of it; where that is nothing, the event itself.
std::string_view shown_payload(const Outcome& outcome) {
  if (const auto* result = std::get_if<Result>(&outcome.verdict)) return result->payload.view();
  return outcome.frame->raw.view();
}

}  // namespace

bool Tap::shows_payloads(const TapQueue& queue) const {
  return mode_ == TapMode::payloads && queue.wish().payloads;
}

void Tap::join(const TapQueuePtr& queue) {
  if (mode_ == TapMode::off) return;
  Stage& at = stage(queue->wish().stage);
  const std::lock_guard lock(at.mutex);
  at.queues.push_back(queue);
  at.clients.store(at.queues.size(), std::memory_order_relaxed);
  if (shows_payloads(*queue)) at.with_payloads.fetch_add(1, std::memory_order_relaxed);
}

void Tap::leave(const TapQueuePtr& queue) {
  Stage& at = stage(queue->wish().stage);
  const std::lock_guard lock(at.mutex);
  if (std::erase(at.queues, queue) == 0) return;
  at.clients.store(at.queues.size(), std::memory_order_relaxed);
  if (!shows_payloads(*queue)) return;
  if (at.with_payloads.fetch_sub(1, std::memory_order_relaxed) > 1) return;
  const std::lock_guard payloads_lock(payloads_mutex_);
  payloads_.clear();
}

void Tap::chunk_received(const Chunk& chunk) {
  Stage& at = stage(TapStage::chunks);
  if (at.clients.load(std::memory_order_relaxed) == 0) return;
  TapSample sample;
  sample.trace.stream = chunk.stream;
  sample.trace.bytes_in = chunk.bytes.size();
  sample.trace.received = chunk.received;
  sample.redelivered = chunk.redelivered;
  const std::lock_guard lock(at.mutex);
  for (const TapQueuePtr& queue : at.queues) {
    if (!queue->wants(chunk.stream)) continue;
    queue->offer(sample, shows_payloads(*queue) ? chunk.bytes.view() : std::string_view{});
  }
}

void Tap::frame_cut(const Frame& frame) {
  Stage& at = stage(TapStage::frames);
  if (at.clients.load(std::memory_order_relaxed) == 0) return;
  TapSample sample;
  sample.trace.number = frame.number;
  sample.trace.id = frame.id;
  sample.trace.stream = frame.stream;
  sample.trace.cause = frame.defect;
  sample.trace.bytes_in = frame.raw.size();
  sample.trace.received = frame.received;
  sample.trace.cut = frame.cut;
  const std::lock_guard lock(at.mutex);
  for (const TapQueuePtr& queue : at.queues) {
    if (!queue->wants(frame.stream)) continue;
    queue->offer(sample, shows_payloads(*queue) ? frame.raw.view() : std::string_view{});
  }
}

void Tap::keep_payload(const Outcome& outcome) {
  if (stage(TapStage::outcomes).with_payloads.load(std::memory_order_relaxed) == 0) return;
  std::string payload = tap_excerpt(shown_payload(outcome));
  const std::lock_guard lock(payloads_mutex_);
  if (payloads_.size() < kPayloadsKept) payloads_[outcome.frame->number] = std::move(payload);
}

void Tap::finished(const EventTrace& trace) {
  Stage& at = stage(TapStage::outcomes);
  if (at.clients.load(std::memory_order_relaxed) == 0) return;
  std::string payload;
  if (at.with_payloads.load(std::memory_order_relaxed) > 0) {
    const std::lock_guard lock(payloads_mutex_);
    if (auto kept = payloads_.extract(trace.number)) payload = std::move(kept.mapped());
  }
  TapSample sample;
  sample.trace = trace;
  const std::lock_guard lock(at.mutex);
  for (const TapQueuePtr& queue : at.queues) {
    if (!queue->wants(trace.stream)) continue;
    queue->offer(sample, shows_payloads(*queue) ? std::string_view(payload) : std::string_view{});
  }
}

}  // namespace millrace
