#include "commands/check_connect.hpp"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "commands/check_report.hpp"
#include "config/url.hpp"
#include "event/result_topic.hpp"
#include "net/control_tasks.hpp"
#include "net/mqtt_connection.hpp"
#include "net/mqtt_probe.hpp"
#include "observability/status_topic.hpp"
#include "pipeline/task_thread.hpp"
#include "sink/sinks.hpp"
#include "source/sources.hpp"

namespace millrace {
namespace {

constexpr std::chrono::seconds kPatience{15};
constexpr std::chrono::seconds kStepPatience{10};

/// Waits for one end to say how it is.
class Ends final : public Intake, public Deliveries, public Observer {
 public:
  [[nodiscard]] std::error_code chunk(Chunk) override { return {}; }
  [[nodiscard]] std::error_code cut(Cut) override { return {}; }
  void ended(std::string) override {}
  void confirmed(std::uint64_t) override {}
  void failed(std::string why) override { state({.ok = false, .connected = false, .reason = why}); }

  // One function for both roles: an end says the same thing as a source and as a sink.
  void state(ConnectionState state) override {
    const std::lock_guard lock(mutex_);
    was_connected_ = was_connected_ || state.connected;
    last_ = std::move(state);
    told_ = true;
    changed_.notify_all();
  }

  void notice(const Notice& notice) override {
    const std::lock_guard lock(mutex_);
    if (notice.severity >= Severity::warning) warnings_.push_back(notice.text);
  }

  [[nodiscard]] bool was_connected() {
    const std::lock_guard lock(mutex_);
    return was_connected_;
  }
  [[nodiscard]] std::vector<std::string> warnings() {
    const std::lock_guard lock(mutex_);
    return warnings_;
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
  bool was_connected_ = false;
  std::vector<std::string> warnings_;
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

std::string comma_list(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

// Name, TCP and TLS: what can be told apart only from outside.
std::vector<ConnectStep> reach(const EndpointConfig& endpoint, End end) {
  const Url url = parse_url(endpoint.url, end);
  if (is_listener(url.scheme)) return {};
  const bool tls = is_tls_client(url.scheme);
  PeerChannel channel(url.host, url.port, tls ? &endpoint.tls : nullptr,
                      end == End::source ? "source" : "sink", kStepPatience);
  return channel.open();
}

// What the end itself said, as the steps of its protocol.
void add_protocol(const EndpointConfig& endpoint, End end, Ends& ends, CheckedConnection& checked) {
  const ConnectionState state = ends.wait();
  const std::string why = state.reason.empty() ? "no answer within 15 s" : state.reason;
  const Scheme scheme = parse_url(endpoint.url, end).scheme;
  auto& steps = checked.steps;
  if (!is_mqtt(scheme)) {
    const char* const name = is_listener(scheme) ? "listen" : "WebSocket";
    steps.push_back({name, state.ok, state.ok ? "accepted" : why});
    return;
  }
  if (!state.ok && !ends.was_connected()) {
    steps.push_back({"CONNACK", false, why});
    return;
  }
  steps.push_back({"CONNACK", true, "accepted, client id " + endpoint.client_id});
}

void add_subscriptions(const SourceConfig& source, Ends& ends, CheckedConnection& checked) {
  if (!checked.ok() || !is_mqtt(parse_url(source.url, End::source).scheme)) return;
  const ConnectionState state = ends.wait();
  if (!state.ok) {
    checked.steps.push_back({"SUBACK", false, state.reason});
    return;
  }
  std::string detail = source.topics.empty()
                           ? "nothing asked for: shared subscriptions are left out"
                           : "granted: " + comma_list(source.topics);
  for (const std::string& warning : ends.warnings()) detail += "; " + warning;
  checked.steps.push_back({"SUBACK", true, detail});
}

CheckedConnection check_source(const Config& config) {
  const Url url = parse_url(config.source.url, End::source);
  CheckedConnection checked{"source", to_string(url), reach(config.source, End::source)};
  if (!checked.ok()) return checked;
  Ends ends;
  TaskThread control("control");
  const SourcePtr source = make_source(config, control, ends);
  control.post([&] { source->start(ends); });
  add_protocol(config.source, End::source, ends, checked);
  add_subscriptions(config.source, ends, checked);
  on_control<Source>(control, *source, [](Source& end) { end.stop(); });
  control.stop();
  return checked;
}

/// What a sink connects with, and what it publishes to.
struct SinkToCheck {
  std::string name;
  EndpointConfig endpoint;
  End end;
  std::function<SinkPtr(Scheduler&, Observer&)> make;
  std::vector<std::string> topics;
  std::string not_probed;  ///< what else is published, and why that cannot be asked for
};

void add_probe(const SinkToCheck& what, CheckedConnection& checked) {
  const Scheme scheme = parse_url(what.endpoint.url, what.end).scheme;
  std::string left_out;
  if (is_websocket(scheme)) left_out = "only mqtt:// and mqtts:// are probed";
  if (what.endpoint.mqtt_version < 5) left_out = "MQTT 3.1.1 does not say what is refused";
  if (!left_out.empty()) {
    checked.steps.push_back({"PUBREC", true, "not probed: " + left_out});
    return;
  }
  if (!what.not_probed.empty()) checked.steps.push_back({"PUBREC", true, what.not_probed});
  const auto steps = probe_mqtt_topics(what.endpoint, what.end, what.topics, kStepPatience);
  checked.steps.insert(checked.steps.end(), steps.begin(), steps.end());
}

CheckedConnection check_sink(const SinkToCheck& what, bool probe) {
  const Url url = parse_url(what.endpoint.url, what.end);
  CheckedConnection checked{what.name, to_string(url), reach(what.endpoint, what.end)};
  if (!checked.ok()) return checked;
  Ends ends;
  TaskThread control("control");
  try {
    const SinkPtr sink = what.make(control, ends);
    control.post([&] { sink->start(ends); });
    add_protocol(what.endpoint, what.end, ends, checked);
    on_control<Sink>(control, *sink, [](Sink& end) { end.stop(); });
    control.stop();
  } catch (const std::runtime_error& error) {  // it cannot listen there
    checked.steps.push_back({"listen", false, error.what()});
  }
  if (probe && checked.ok() && is_mqtt(url.scheme)) add_probe(what, checked);
  return checked;
}

/// Connects as `StatusTopic` does, and says nothing.
class StatusConnection final : MqttConnectionEvents {
 public:
  StatusConnection(MqttOptions options, Scheduler& control, Ends& ends)
      : ends_(ends),
        tasks_(control),
        connection_(std::move(options), "status", tasks_, ends, *this) {}
  ~StatusConnection() override { tasks_.close(); }
  StatusConnection(const StatusConnection&) = delete;
  StatusConnection& operator=(const StatusConnection&) = delete;

  void start() { connection_.start(); }
  void stop() { connection_.end("stopped"); }

 private:
  // It would refuse a Will that is to be retained (MQTT 5, 3.2.2.3.5).
  void opened(const MqttSession& session, mqtt::async_client& /*client*/) override {
    const bool retains = session.retain_available;
    ends_.state({retains, retains, retains ? "" : "the broker does not retain messages"});
  }
  void closed(const std::string& reason) override { ends_.state({false, false, reason}); }

  Ends& ends_;
  ControlTasks tasks_;
  MqttConnection connection_;
};

// With a Will, since a broker may refuse that. Should this program die meanwhile, it is published:
// so it is one that tells nothing of a millrace that runs, and nobody keeps it.
CheckedConnection check_status(const Config& config, bool probe) {
  const bool with_results = is_mqtt(parse_url(config.sink.url, End::sink).scheme);
  MqttOptions options = status_options(config, "");
  options.will = MqttWill{config.status.topic, R"({"status": "check"})", false};
  const SinkToCheck what{"status", options.endpoint,      with_results ? End::sink : End::source,
                         {},       {config.status.topic}, ""};
  const Url url = parse_url(what.endpoint.url, what.end);
  CheckedConnection checked{what.name, to_string(url), reach(what.endpoint, what.end)};
  if (!checked.ok()) return checked;
  Ends ends;
  TaskThread control("control");
  StatusConnection connection(std::move(options), control, ends);
  control.post([&] { connection.start(); });
  add_protocol(what.endpoint, what.end, ends, checked);
  on_control<StatusConnection>(control, connection, [](StatusConnection& end) { end.stop(); });
  control.stop();
  if (probe && checked.ok()) add_probe(what, checked);
  return checked;
}

SinkToCheck result_sink(const Config& config) {
  SinkToCheck sink{"sink",
                   config.sink,
                   End::sink,
                   [&config](Scheduler& control, Observer& observer) {
                     return make_result_sink(config, control, observer);
                   },
                   {config.dead_letter.topic},
                   ""};
  if (!is_mqtt(parse_url(config.sink.url, End::sink).scheme)) return sink;
  if (TopicTemplate(config.sink.topic).fixed()) {
    sink.topics.insert(sink.topics.begin(), config.sink.topic);
  } else {
    sink.not_probed = "sink.topic depends on the event: not probed";
  }
  return sink;
}

SinkToCheck dead_letter_sink(const Config& config) {
  EndpointConfig endpoint = config.source;
  endpoint.client_id = config.sink.client_id;
  return {"dead letters",
          endpoint,
          End::source,
          [&config](Scheduler& control, Observer& observer) {
            return make_dead_letter_sink(config, control, observer);
          },
          {config.dead_letter.topic},
          ""};
}

std::vector<CheckedConnection> check_all(const Config& config, bool probe) {
  std::vector<CheckedConnection> all;
  const Url source_url = parse_url(config.source.url, End::source);
  if (can_be_tried(source_url.scheme)) all.push_back(check_source(config));
  const Url sink_url = parse_url(config.sink.url, End::sink);
  if (can_be_tried(sink_url.scheme)) all.push_back(check_sink(result_sink(config), probe));
  if (!is_mqtt(sink_url.scheme) && is_mqtt(source_url.scheme)) {
    all.push_back(check_sink(dead_letter_sink(config), probe));
  }
  if (!config.status.topic.empty()) all.push_back(check_status(config, probe));
  return all;
}

}  // namespace

const char* const kConnectHelp = R"(
--connect opens every connection as a run would, as clients <client_id>-check, and says of each what
was tried and what came back: the addresses of its name (DNS), the connection (TCP), the certificate
(TLS), and the answer of the protocol: CONNACK and SUBACK, the WebSocket's handshake, or whether it
can be listened there. Shared subscriptions are left out. Where status.topic is set, its connection
(<client_id>-check-status) is tried as well, with a Will on that topic, and nothing is published.
--probe also asks the broker whether it would take results, dead letters and the status: it
publishes an empty message to each topic, with QoS 2, not retained, with the user property
millrace-probe: 1, reads the answer (PUBREC), and leaves before the message is released. Mosquitto
hands it to nobody; a broker that delivers at once hands it to subscribers.
Exit code: 0, 1 where something failed, 2 for a configuration that cannot work.
)";

int check_connections(const Config& config, const ConnectArguments& arguments, std::ostream& out,
                      std::ostream& err) {
  const auto all = check_all(for_check(config), arguments.probe);
  const bool ok =
      std::all_of(all.begin(), all.end(), [](const CheckedConnection& each) { return each.ok(); });
  if (arguments.json) {
    print_check_json(all, out);
  } else {
    print_check_lines(all, out, err);
  }
  return ok ? 0 : 1;
}

}  // namespace millrace
