#include "mqtt_ends.hpp"

#include <algorithm>

namespace millrace::test {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

void run_on(Scheduler& scheduler, const std::function<void()>& work) {
  std::promise<void> done;
  scheduler.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

SourceConfig source_config(const std::string& url, std::vector<std::string> topics) {
  SourceConfig config;
  config.url = url;
  config.topics = std::move(topics);
  config.client_id = "rig";
  config.reconnect = {Duration(20), Duration(100)};
  return config;
}

SinkConfig sink_config(const std::string& url) {
  SinkConfig config;
  config.url = url;
  config.topic = "out";
  config.client_id = "rig-sink";
  config.reconnect = {Duration(20), Duration(100)};
  return config;
}

void NoticeBook::notice(const Notice& notice) {
  const std::lock_guard lock(mutex_);
  texts_.push_back(notice.text);
}

bool NoticeBook::has(const std::string& part) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(texts_.begin(), texts_.end(),
                     [&](const std::string& text) { return contains(text, part); });
}

void StateBook::add(ConnectionState state) {
  states_.push_back(std::move(state));
}

ConnectionState StateBook::last() const {
  const std::lock_guard lock(mutex_);
  return states_.empty() ? ConnectionState{} : states_.back();
}

bool StateBook::has_reason(const std::string& part) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(states_.begin(), states_.end(),
                     [&](const ConnectionState& state) { return contains(state.reason, part); });
}

bool StateBook::wait_for_ok() const {
  return wait_until([this] { return last().ok; });
}

bool StateBook::wait_for_reason(const std::string& part) const {
  return wait_until([&] { return has_reason(part); });
}

SourceRig::SourceRig(const SourceConfig& config, const ConnectionTiming& timing)
    : source_(make_mqtt_source(config, control_, notices, timing)) {}

SourceRig::~SourceRig() {
  stop();
}

SourceRig& SourceRig::start() {
  run_on(control_, [this] { source_->start(*this); });
  return *this;
}

void SourceRig::pause() {
  run_on(control_, [this] { source_->pause(); });
}

void SourceRig::resume() {
  run_on(control_, [this] { source_->resume(); });
}

void SourceRig::stop() {
  run_on(control_, [this] { source_->stop(); });
}

void SourceRig::set_gate(Gate gate) {
  const std::lock_guard lock(mutex_);
  gate_ = std::move(gate);
}

std::vector<Chunk> SourceRig::chunks() const {
  const std::lock_guard lock(mutex_);
  return chunks_;
}

std::vector<std::string> SourceRig::payloads() const {
  std::vector<std::string> result;
  for (const auto& chunk : chunks()) result.emplace_back(chunk.bytes.view());
  return result;
}

std::size_t SourceRig::count() const {
  const std::lock_guard lock(mutex_);
  return chunks_.size();
}

bool SourceRig::wait_for(std::size_t count) const {
  return wait_until([&] { return this->count() >= count; });
}

std::error_code SourceRig::chunk(Chunk chunk) {
  const std::lock_guard lock(mutex_);
  if (gate_) {
    if (const auto error = gate_(chunk)) return error;
  }
  chunks_.push_back(std::move(chunk));
  return {};
}

std::error_code SourceRig::cut(Cut /*cut*/) {
  return {};
}
void SourceRig::state(ConnectionState state) {
  states.add(std::move(state));
}
void SourceRig::ended(std::string /*error*/) {}

SinkRig::SinkRig(const SinkConfig& config, const ConnectionTiming& timing,
                 const DeadLetterConfig& dead_letter)
    : sink_(make_mqtt_sink(config, dead_letter, {}, control_, notices, timing)) {}

SinkRig::~SinkRig() {
  stop();
}

SinkRig& SinkRig::start() {
  run_on(control_, [this] { sink_->start(*this); });
  return *this;
}

void SinkRig::stop() {
  run_on(control_, [this] { sink_->stop(); });
}

void SinkRig::send(const std::string& payload, const std::string& stream,
                   std::shared_ptr<const Properties> properties) {
  accept(payload, stream, std::move(properties), Result{Payload(payload)});
}

void SinkRig::send_all(std::size_t count) {
  for (const auto& payload : numbers(count)) send(payload);
}

void SinkRig::reject(const std::string& payload, const std::string& cause) {
  accept(payload, "in/a", {}, Rejected{cause});
}

std::vector<std::uint64_t> SinkRig::confirmed() const {
  const std::lock_guard lock(mutex_);
  return confirmed_;
}

bool SinkRig::wait_for(std::size_t count) const {
  return wait_until([&] { return confirmed().size() >= count; });
}

void SinkRig::confirmed(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  confirmed_.push_back(number);
}

void SinkRig::state(ConnectionState state) {
  states.add(std::move(state));
}
void SinkRig::failed(std::string /*why*/) {}

void SinkRig::accept(const std::string& payload, const std::string& stream,
                     std::shared_ptr<const Properties> properties, Verdict verdict) {
  Frame frame;
  frame.number = next_;
  frame.id = {0x5f3a9c01, next_, 0};
  frame.stream = stream;
  frame.raw = Payload(payload);
  frame.payload = frame.raw;
  frame.properties = std::move(properties);
  frame.received = std::chrono::system_clock::now();
  ++next_;
  sink_->accept(std::make_shared<const Outcome>(
      Outcome{std::make_shared<const Frame>(std::move(frame)), std::move(verdict), 1}));
}

std::vector<std::string> numbers(std::size_t count) {
  std::vector<std::string> result;
  for (std::size_t number = 0; number < count; ++number) result.push_back(std::to_string(number));
  return result;
}

}  // namespace millrace::test
