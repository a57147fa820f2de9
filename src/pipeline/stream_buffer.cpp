#include "pipeline/stream_buffer.hpp"

#include <algorithm>
#include <utility>

namespace millrace {

void StreamBuffer::push(Entry entry, Chunk chunk) {
  last_read = entry.offset;
  spans_.push_back({.offset = entry.offset,
                    .size = chunk.bytes.size(),
                    .taken = std::min<std::uint64_t>(entry.from_byte, chunk.bytes.size()),
                    .next_index = entry.first_index,
                    .done = std::move(entry.done),
                    .properties = std::move(chunk.properties),
                    .received = chunk.received,
                    .redelivered = chunk.redelivered});
  const Span& span = spans_.back();
  held_ += span.size - span.taken;
  framer_->push(span.taken == 0 ? std::move(chunk.bytes) : chunk.bytes.slice(span.taken));
}

StreamBuffer::Origin StreamBuffer::take(std::size_t bytes) {
  // An exhausted span in front of others cannot hold the start, not even of an empty frame.
  while (spans_.size() > 1 && spans_.front().taken == spans_.front().size) spans_.pop_front();
  Span& first = spans_.front();
  Origin origin{.start = {first.offset, first.taken, first.next_index},
                .properties = first.properties,
                .received = first.received,
                .redelivered = first.redelivered,
                .done = std::binary_search(first.done.begin(), first.done.end(), first.next_index)};
  ++first.next_index;
  held_ -= bytes;
  for (auto span = spans_.begin(); bytes > 0; ++span) {
    const auto part = std::min<std::uint64_t>(bytes, span->size - span->taken);
    span->taken += part;
    bytes -= part;
    origin.redelivered = origin.redelivered || span->redelivered;
  }
  drop_exhausted();
  return origin;
}

Point StreamBuffer::after() const {
  const Span& last = spans_.back();
  if (last.taken == last.size) return {last.offset + 1, 0, 0};
  return {last.offset, last.taken, last.next_index};
}

void StreamBuffer::settle() {
  auto gone = held_ - framer_->buffered();
  held_ -= gone;
  for (auto span = spans_.begin(); gone > 0; ++span) {
    const auto part = std::min<std::uint64_t>(gone, span->size - span->taken);
    span->taken += part;
    gone -= part;
  }
  if (framer_->buffered() == 0) {
    spans_.clear();
  } else {
    drop_exhausted();
  }
}

Point StreamBuffer::open_start() const {
  const Span& first = spans_.front();
  return {first.offset, first.taken, first.next_index};
}

// Keeps the last one: `after` speaks of it.
void StreamBuffer::drop_exhausted() {
  while (spans_.size() > 1 && spans_.front().taken == spans_.front().size) spans_.pop_front();
}

}  // namespace millrace
