#include "commands/check_connect.hpp"

#include <condition_variable>
#include <mutex>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>

#include "config/url.hpp"
#include "pipeline/task_thread.hpp"
#include "sink/sinks.hpp"
#include "source/sources.hpp"

namespace millrace {
namespace {

constexpr std::chrono::seconds kPatience{15};

/// Waits for one end to say how it is.
class Ends final : public Intake, public Deliveries {
 public:
  [[nodiscard]] std::error_code chunk(Chunk) override { return {}; }
  [[nodiscard]] std::error_code cut(Cut) override { return {}; }
  void ended(std::string) override {}
  void confirmed(std::uint64_t) override {}
  void failed(std::string why) override { state({.ok = false, .connected = false, .reason = why}); }

  // One function for both roles: an end says the same thing as a source and as a sink.
  void state(ConnectionState state) override {
    const std::lock_guard lock(mutex_);
    last_ = std::move(state);
    told_ = true;
    changed_.notify_all();
  }

  /// The first state that is an answer: good, or what is wrong.
  ConnectionState wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [this] { return told_ && !last_.expected; });
    return last_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  ConnectionState last_;
  bool told_ = false;
};

// The configuration with sessions of its own that end at once.
Config for_check(Config config) {
  config.source.client_id += "-check";
  config.source.session_expiry = Duration(0);
  config.sink.client_id += "-check";
  std::erase_if(config.source.topics,
                [](const std::string& topic) { return topic.starts_with("$share/"); });
  return config;
}

// Standard streams are there, and nobody else wants them.
bool can_be_tried(Scheme scheme) {
  return is_mqtt(scheme) || is_websocket(scheme) || is_listener(scheme);
}

template <typename End>
void on_control(TaskThread& control, End& end, void (*task)(End&)) {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  control.post([&] {
    task(end);
    const std::lock_guard lock(mutex);
    done = true;
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return done; });
}

bool report(const std::string& name, const std::string& url, const ConnectionState& state,
            std::ostream& out, std::ostream& err) {
  if (state.ok) {
    out << name << ' ' << url << ": ok\n";
  } else {
    err << name << ' ' << url << ": "
        << (state.reason.empty() ? "no answer within 15 s" : state.reason) << '\n';
  }
  return state.ok;
}

bool check_source(const Config& config, std::ostream& out, std::ostream& err) {
  const Url url = parse_url(config.source.url, End::source);
  if (!can_be_tried(url.scheme)) return true;
  Observer silent;
  Ends ends;
  TaskThread control("control");
  const SourcePtr source = make_source(config, control, silent);
  control.post([&] { source->start(ends); });
  const bool ok = report("source", to_string(url), ends.wait(), out, err);
  on_control<Source>(control, *source, [](Source& end) { end.stop(); });
  control.stop();
  return ok;
}

bool check_sink(const std::string& name, const std::string& url, TaskThread& control, Sink& sink,
                std::ostream& out, std::ostream& err) {
  Ends ends;
  control.post([&] { sink.start(ends); });
  const bool ok = report(name, url, ends.wait(), out, err);
  on_control<Sink>(control, sink, [](Sink& end) { end.stop(); });
  control.stop();
  return ok;
}

}  // namespace

int check_connections(const Config& config, std::ostream& out, std::ostream& err) {
  const Config own = for_check(config);
  Observer silent;
  bool ok = check_source(own, out, err);
  const auto check = [&](const std::string& name, const std::string& url, const auto& make) {
    TaskThread control("control");
    try {
      const SinkPtr sink = make(control);
      ok = check_sink(name, url, control, *sink, out, err) && ok;
    } catch (const std::runtime_error& error) {  // it cannot listen there
      err << error.what() << '\n';
      ok = false;
    }
  };
  const Url sink_url = parse_url(own.sink.url, End::sink);
  if (can_be_tried(sink_url.scheme)) {
    check("sink", to_string(sink_url),
          [&](TaskThread& control) { return make_result_sink(own, control, silent); });
  }
  if (!is_mqtt(sink_url.scheme) && is_mqtt(parse_url(own.source.url, End::source).scheme)) {
    check("dead letters", own.source.url,
          [&](TaskThread& control) { return make_dead_letter_sink(own, control, silent); });
  }
  return ok ? 0 : 1;
}

}  // namespace millrace
