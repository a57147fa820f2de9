#include "commands/test_ends.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "config/resolve.hpp"
#include "config/url.hpp"
#include "event/partition.hpp"
#include "net/mqtt_properties.hpp"
#include "sink/mqtt_publication.hpp"

namespace millrace {
namespace {

constexpr std::size_t kKeptLines = 20;
constexpr std::string_view kControl = "control";
constexpr std::string_view kStopping = "stopping: ";  // as `Control` says it

// Why an event has no result, and which kind that is.
void tell_verdict(const Outcome& outcome, SeenOutcome& seen) {
  if (const auto* filtered = std::get_if<Filtered>(&outcome.verdict)) {
    seen.fate = TestFate::filtered;
    seen.cause = filtered->reason;
  } else if (const auto* rejected = std::get_if<Rejected>(&outcome.verdict)) {
    seen.fate = TestFate::rejected;
    seen.cause = rejected->cause;
  } else if (const auto* failed = std::get_if<Failed>(&outcome.verdict)) {
    seen.fate = TestFate::failed;
    seen.cause = failed->cause;
  }
}

SeenOutcome seen_of(const Outcome& outcome) {
  SeenOutcome seen;
  seen.number = outcome.frame->number;
  seen.payload = outcome.frame->raw.view();
  seen.stream = outcome.frame->stream;
  seen.attempts = outcome.attempts;
  tell_verdict(outcome, seen);
  return seen;
}

class TestSource final : public Source {
 public:
  TestSource(const Config& config, const std::vector<TestInput>& inputs)
      : inputs_(inputs),
        partition_(config.source.partition),
        mqtt_(is_mqtt(parse_url(config.source.url, End::source).scheme)) {}

  void start(Intake& intake) override {
    intake_ = &intake;
    intake.state({true, true, {}});
    hand_in();
  }
  void pause() override { intake_->state({false, false, "paused", true}); }
  void resume() override {
    intake_->state({true, true, {}});
    hand_in();
  }
  void stop() override { next_ = inputs_.size(), ended_ = true; }
  void close_stream(const std::string& /*stream*/) override {}

 private:
  // Where there is no room, `resume` goes on with the same input.
  void hand_in() {
    for (; next_ < inputs_.size(); ++next_) {
      if (const auto error = hand_in(inputs_[next_])) {
        if (error != std::errc::no_buffer_space) intake_->ended(error.message());
        return;
      }
    }
    if (!std::exchange(ended_, true)) intake_->ended({});
  }

  std::error_code hand_in(const TestInput& input) {
    if (const auto* cause = std::get_if<CutCause>(&input.what)) {
      ++entries_;
      return intake_->cut({input.stream, *cause, last_read_[input.stream]});
    }
    const auto& bytes = std::get<TestBytes>(input.what);
    if (!is_own(input.stream, bytes)) return {};
    Chunk chunk;
    chunk.stream = input.stream;
    chunk.bytes = Payload(bytes.bytes);
    chunk.properties = bytes.properties;
    chunk.received = std::chrono::system_clock::now();
    chunk.redelivered = bytes.redelivered;
    const auto error = intake_->chunk(std::move(chunk));
    if (!error) last_read_[input.stream] = entries_++;
    return error;
  }

  [[nodiscard]] bool is_own(const std::string& stream, const TestBytes& bytes) const {
    if (!mqtt_ || partition_.whole()) return true;
    if (bytes.properties && !partition_.property().empty()) {
      for (const auto& [name, value] : bytes.properties->user) {
        if (name == partition_.property() && !value.empty()) return partition_.owns(value);
      }
    }
    return partition_.owns(stream);
  }

  const std::vector<TestInput>& inputs_;
  const Partition partition_;
  const bool mqtt_;
  Intake* intake_ = nullptr;
  std::size_t next_ = 0;
  bool ended_ = false;
  Offset entries_ = 0;  // in a journal of its own that nobody else writes to
  std::map<std::string, Offset> last_read_;
};

class TestSink final : public Sink {
 public:
  TestSink(const Config& config, TestRecord& record) : record_(record) {
    if (!is_mqtt(parse_url(config.sink.url, End::sink).scheme)) return;
    publications_.emplace(
        config.sink, config.dead_letter,
        results_reach_source(config) ? config.source.topics : std::vector<std::string>{});
  }

  void start(Deliveries& deliveries) override {
    deliveries_ = &deliveries;
    deliveries.state({true, true, {}});
  }
  void stop() override {}

  [[nodiscard]] std::optional<std::string> unfit(const Frame& frame,
                                                 const Result& /*result*/) const override {
    return publications_ ? publications_->unfit(frame) : std::nullopt;
  }

  void accept(OutcomePtr outcome) override {
    SeenOutcome seen = seen_of(*outcome);
    if (const auto* result = std::get_if<Result>(&outcome->verdict)) {
      seen.payload = result->payload.view();
      if (publications_) publish(*publications_, *outcome, seen);
    }
    if (seen.fate != TestFate::result) seen.then = TestFate::dead_letter;
    record_.take(std::move(seen));
    deliveries_->confirmed(outcome->frame->number);
  }

 private:
  static void publish(const MqttPublications& publications, const Outcome& outcome,
                      SeenOutcome& seen) {
    const auto publication =
        publications.make(outcome, MqttSession{}, std::numeric_limits<std::size_t>::max());
    if (!publication.message) {
      seen.fate = TestFate::rejected;
      seen.cause = publication.unfit;
      seen.payload = outcome.frame->raw.view();
      return;
    }
    seen.topic = publication.message->get_topic();
    const auto properties = from_paho(publication.message->get_properties());
    seen.properties = properties ? *properties : Properties{};
  }

  TestRecord& record_;
  std::optional<MqttPublications> publications_;
  Deliveries* deliveries_ = nullptr;
};

}  // namespace

void TestRecord::take(SeenOutcome outcome) {
  const std::lock_guard lock(mutex_);
  outcomes_.push_back(std::move(outcome));
}

void TestRecord::outcome_filtered(const Outcome& outcome) {
  take(seen_of(outcome));
}

void TestRecord::outcome_dropped(const Outcome& outcome) {
  SeenOutcome seen = seen_of(outcome);
  seen.then = TestFate::dropped;
  take(std::move(seen));
}

void TestRecord::processing_changed(const ProcessingState& state) {
  const std::lock_guard lock(mutex_);
  if (broken_.empty()) broken_since_ = std::chrono::steady_clock::now();
  broken_ = state.ok ? "" : state.reason;
}

void TestRecord::worker_said(unsigned worker, const EventId* /*event*/, const std::string& line) {
  keep("worker " + std::to_string(worker) + ": " + line);
}

void TestRecord::notice(const Notice& notice) {
  if (notice.severity == Severity::error && notice.text.starts_with(kStopping)) {
    const std::lock_guard lock(mutex_);
    stop_reason_ = notice.text.substr(kStopping.size());
    return;
  }
  if (notice.component == kControl) return;  // how a case ended is told in its own words
  if (notice.severity >= Severity::warning) keep(notice.component + ": " + notice.text);
}

void TestRecord::keep(std::string line) {
  const std::lock_guard lock(mutex_);
  if (lines_.size() == kKeptLines) lines_.erase(lines_.begin());
  lines_.push_back(std::move(line));
}

std::vector<SeenOutcome> TestRecord::outcomes() const {
  const std::lock_guard lock(mutex_);
  return outcomes_;
}

std::vector<std::string> TestRecord::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

std::string TestRecord::broken_for(Duration time) const {
  const std::lock_guard lock(mutex_);
  return std::chrono::steady_clock::now() - broken_since_ >= time ? broken_ : "";
}

std::string TestRecord::stop_reason() const {
  const std::lock_guard lock(mutex_);
  return stop_reason_;
}

SourcePtr make_test_source(const Config& config, const std::vector<TestInput>& inputs) {
  return std::make_unique<TestSource>(config, inputs);
}

SinkPtr make_test_sink(const Config& config, TestRecord& record) {
  return std::make_unique<TestSink>(config, record);
}

}  // namespace millrace
