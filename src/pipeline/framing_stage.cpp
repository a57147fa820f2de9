#include "pipeline/framing_stage.hpp"

#include <algorithm>
#include <utility>

namespace millrace {
namespace {

// What a partial frame takes beside its bytes: the buffer, the framer, the name.
constexpr std::uint64_t kStreamCost = 512;

// Entries without a frame in them that the ledger need not hear of one by one.
constexpr Offset kUnreportedEntries = 64;

constexpr auto kClosed = "the stream ended inside a frame";
constexpr auto kTimedOut = "no more of this frame came within framing.timeout";
constexpr auto kEvicted =
    "limits.partial_bytes is used up, and this incomplete frame is the oldest";

}  // namespace

FramingStage::FramingStage(Journal& journal, Ledger& ledger, Credits& credits,
                           std::function<FramerPtr()> make_framer, const FramingConfig& framing,
                           const LimitsConfig& limits, Observer& observer, Events events,
                           Dedupe* dedupe, bool connections)
    : journal_(journal),
      ledger_(ledger),
      credits_(credits),
      make_framer_(std::move(make_framer)),
      framing_(framing),
      partial_budget_(limits.partial_bytes),
      observer_(observer),
      events_(std::move(events)),
      dedupe_(dedupe),
      connections_(connections),
      inherited_(journal.backlog().next),
      inherited_ended_(!connections) {}

FramePtr FramingStage::next(Credit credit) {
  if (!held_) held_ = cut_one();
  FramePtr frame;
  if (held_) {
    // Raised first: a credit that comes back in between lowers it again.
    blocked_.store(true, std::memory_order_release);
    if (ledger_.has_room() && credits_.charge(credit, held_->frame->raw.size())) {
      blocked_.store(false, std::memory_order_release);
      frame = std::move(held_->frame);
      ledger_.cut(frame->stream, held_->start, held_->after, held_->spans, std::move(credit));
      reported_ = held_->after;
      held_.reset();
    }
  }
  leftover_.store(active_ != nullptr || !given_up_.empty() || held_, std::memory_order_release);
  if (frame) observer_.frame_cut(*frame);
  return frame;
}

std::optional<FramingStage::Ready> FramingStage::cut_one() {
  for (;;) {
    if (!given_up_.empty()) {
      Ready ready = std::move(given_up_.front());
      given_up_.pop_front();
      return ready;
    }
    if (active_ == nullptr) {
      if (!read_entry()) return std::nullopt;
      continue;
    }
    auto piece = active_->pop();
    if (!piece) {
      finish_entry();
      continue;
    }
    auto ready = number(*active_, std::move(*piece), {});
    // Known to be exhausted: saves the token that would find it out.
    if (after_.byte == 0 && !active_->ended) finish_entry();
    if (ready) return ready;
  }
}

bool FramingStage::read_entry() {
  auto result = journal_.read();
  if (auto* entry = std::get_if<Entry>(&result)) {
    if (entry->offset >= inherited_) (void)end_inherited();
    begin(std::move(*entry));
    return true;
  }
  if (auto* error = std::get_if<std::error_code>(&result)) {
    events_.failed(*error);
    return false;
  }
  report_passed();
  return end_inherited() || cut_by_need();
}

// True when there is a cut to be read now.
bool FramingStage::end_inherited() {
  if (std::exchange(inherited_ended_, true)) return false;
  bool cut = false;
  for (const auto& [name, stream] : streams_) cut = append_cut(*stream, CutCause::closed) || cut;
  return cut;
}

void FramingStage::begin(Entry entry) {
  if (const auto* cut = std::get_if<Cut>(&entry.what)) {
    begin_cut(entry.offset, *cut);
    return;
  }
  Chunk chunk = std::move(std::get<Chunk>(entry.what));
  auto& slot = streams_[chunk.stream];
  if (!slot) {
    slot = spare_ ? std::move(spare_) : std::make_unique<StreamBuffer>(make_framer_());
    slot->name = chunk.stream;
  }
  after_ = {entry.offset, entry.from_byte, entry.first_index};
  if (after_ == broken_after(entry.offset)) {
    slot->ended = true;
    ledger_.broken(slot->name, entry.offset, {entry.offset + 1, 0, 0});
  }
  if (slot->ended) {
    pass_entry(entry.offset);
    return;
  }
  active_ = slot.get();
  active_->push(std::move(entry), std::move(chunk));
}

void FramingStage::begin_cut(Offset offset, const Cut& cut) {
  after_ = {offset + 1, 0, 0};
  const auto found = streams_.find(cut.stream);
  if (found == streams_.end()) return;
  StreamBuffer& stream = *found->second;
  if (cut.cause == CutCause::timed_out) {
    if (stream.last_read != cut.last_read) return;
    give_up(stream, kTimedOut, after_, connections_);
  } else {
    give_up(stream, kClosed, after_, false);
    if (std::exchange(stream.ended, false)) ledger_.ended(stream.name, after_);
  }
  book(stream);
}

void FramingStage::finish_entry() {
  StreamBuffer& stream = *std::exchange(active_, nullptr);
  stream.settle();
  stream.read_at = waited_so_far();
  book(stream);
  pass_entry(stream.last_read);
}

void FramingStage::pass_entry(Offset offset) {
  after_ = {offset + 1, 0, 0};
  evict();
  // What was given up just now is not in the ledger yet: nothing may be committed past it.
  if (given_up_.empty() && after_.offset - reported_.offset >= kUnreportedEntries) report_passed();
}

// Books what the stream still holds; forgets the stream where that is nothing.
void FramingStage::book(StreamBuffer& stream) {
  if (stream.cost > 0) partials_.erase(stream.booked_at);
  partial_cost_ -= std::exchange(stream.cost, 0);
  if (stream.buffered() > 0) {
    stream.cost = stream.buffered() + kStreamCost;
    stream.booked_at = stream.open_start();
    partial_cost_ += stream.cost;
    partials_.emplace(stream.booked_at, &stream);
    if (!std::exchange(stream.opened, true)) ledger_.opened(stream.name, stream.booked_at);
  } else if (!stream.ended) {
    spare_ = std::move(streams_.extract(stream.name).mapped());
  }
  partial_streams_.store(partials_.size(), std::memory_order_release);
}

std::optional<FramingStage::Ready> FramingStage::number(StreamBuffer& stream, Piece piece,
                                                        Point after) {
  auto origin = stream.take(piece.raw.size());
  after_ = after == Point{} ? stream.after() : after;
  const bool spans = std::exchange(stream.opened, false);
  if (piece.ends_stream) {
    stream.ended = true;
    ledger_.broken(stream.name, stream.last_read, after_);
    events_.stream_broken(stream.name);
  }
  if (origin.done) {
    ledger_.passed_over(stream.name, origin.start, after_, spans);
    // As in `pass_entry`.
    if (given_up_.empty()) report_passed();
    return std::nullopt;
  }
  auto frame = std::make_shared<Frame>();
  frame->number = next_number_++;
  frame->id = {journal_.epoch(), origin.start.offset, origin.start.index};
  frame->stream = stream.name;
  frame->raw = std::move(piece.raw);
  frame->payload = std::move(piece.payload);
  frame->digest = std::move(piece.digest);
  frame->properties = std::move(origin.properties);
  frame->received = origin.received;
  frame->cut = std::chrono::steady_clock::now();
  frame->redelivered = origin.redelivered;
  frame->defect = std::move(piece.defect);
  frame->duplicate = dedupe_ != nullptr && frame->defect.empty() && dedupe_->is_duplicate(*frame);
  return Ready{std::move(frame), origin.start, after_, spans};
}

// What the stream holds becomes one frame with a defect.
void FramingStage::give_up(StreamBuffer& stream, const std::string& why, Point after, bool breaks) {
  auto piece = stream.end(why);
  if (!piece) return;
  piece->ends_stream = breaks;
  auto ready = number(stream, std::move(*piece), after);
  stream.settle();
  if (ready) given_up_.push_back(std::move(*ready));
}

// Depends on the entries alone, so that a replay gives up the same frames.
void FramingStage::evict() {
  while (partial_cost_ > partial_budget_) {
    StreamBuffer& oldest = *partials_.begin()->second;
    give_up(oldest, kEvicted, after_, connections_);
    book(oldest);
  }
}

void FramingStage::report_passed() {
  if (after_ == reported_) return;
  reported_ = after_;
  ledger_.passed(after_);
}

bool FramingStage::cut_by_need() {
  const bool ending = ending_.load(std::memory_order_acquire);
  const auto now = waited_so_far();
  if (!has_partials() || (!ending && now < next_scan_)) return false;
  next_scan_ = now + framing_.timeout;
  bool cut = false;
  for (const auto& [start, stream] : partials_) {
    const auto overdue = stream->read_at + framing_.timeout;
    if (ending || overdue <= now) {
      if (!append_cut(*stream, ending ? CutCause::closed : CutCause::timed_out)) return false;
      cut = true;
    } else {
      next_scan_ = std::min(next_scan_, overdue);
    }
  }
  return cut;
}

bool FramingStage::append_cut(const StreamBuffer& stream, CutCause cause) {
  const auto error =
      journal_.append(Cut{.stream = stream.name, .cause = cause, .last_read = stream.last_read});
  if (error) events_.failed(error);
  return !error;
}

void FramingStage::waited(Duration time) noexcept {
  waited_.fetch_add(time.count(), std::memory_order_acq_rel);
}

Duration FramingStage::waited_so_far() const noexcept {
  return Duration(waited_.load(std::memory_order_acquire));
}

}  // namespace millrace
