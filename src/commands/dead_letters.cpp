#include "commands/dead_letters.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <utility>

#include "commands/dead_letter_line.hpp"
#include "commands/replay_progress.hpp"
#include "commands/signals.hpp"
#include "config/error.hpp"
#include "config/url.hpp"
#include "event/topic_filter.hpp"
#include "event/utf8.hpp"
#include "net/mqtt_publisher.hpp"
#include "pipeline/control.hpp"
#include "pipeline/task_thread.hpp"

namespace millrace {
namespace {

constexpr std::chrono::seconds kReplayPatience{30};

bool has_any(const Properties& properties) {
  return !properties.user.empty() || !properties.content_type.empty() ||
         !properties.correlation_data.empty() || !properties.response_topic.empty() ||
         properties.message_expiry;
}

// Why it cannot be published where it came from; empty where it can.
std::string unpublishable(const DeadLetter& letter, const SourceConfig& source) {
  if (!is_mqtt_string(letter.stream) || letter.stream.empty() || letter.stream.front() == '$' ||
      letter.stream.find_first_of("+#") != std::string::npos) {
    return "stream " + show_text(letter.stream) + " is no topic that can be published to";
  }
  const auto& filters = source.topics;
  if (std::none_of(filters.begin(), filters.end(), [&](const std::string& filter) {
        return filter_matches(filter, letter.stream);
      })) {
    return "stream " + show_text(letter.stream) +
           " is no topic that source.topics subscribes to, so nothing came from there";
  }
  if (source.mqtt_version < 5 && has_any(letter.properties)) {
    return "its properties cannot travel: source.mqtt_version is 3.1.1";
  }
  return {};
}

std::string bytes_text(std::size_t bytes) {
  return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

// What can be done with each line, one after another.
class Replay {
 public:
  Replay(const SourceConfig& source, ReplayProgress& progress)
      : source_(source), progress_(progress) {}
  virtual ~Replay() = default;

  // An empty text, or why there is no sense in going on.
  std::string read(std::istream& in) {
    std::string line;
    for (std::uint64_t number = 1; std::getline(in, line); ++number) {
      if (line.ends_with('\r')) line.pop_back();
      if (line.empty()) continue;
      auto read = read_dead_letter(line);
      if (const auto* why = std::get_if<std::string>(&read)) {
        progress_.refused(number, *why);
        continue;
      }
      const auto& letter = std::get<DeadLetter>(read);
      if (auto why = unpublishable(letter, source_); !why.empty()) {
        progress_.refused(number, letter.id + ": " + why);
      } else if (auto problem = take(number, letter); !problem.empty()) {
        return problem;
      }
    }
    return finish();
  }

 private:
  virtual std::string take(std::uint64_t number, const DeadLetter& letter) = 0;
  virtual std::string finish() = 0;

  const SourceConfig& source_;
  ReplayProgress& progress_;
};

class ShownReplay final : public Replay {
 public:
  ShownReplay(const SourceConfig& source, ReplayProgress& progress, std::ostream& out)
      : Replay(source, progress),
        broker_(to_string(parse_url(source.url, End::source))),
        out_(out) {}

 private:
  std::string take(std::uint64_t number, const DeadLetter& letter) override {
    out_ << "line " << number << ": " << letter.id << " to " << letter.stream << ", "
         << bytes_text(letter.payload.size());
    const auto count = letter.properties.user.size();
    if (count > 0) out_ << ", " << count << (count == 1 ? " user property" : " user properties");
    out_ << " (" << letter.cause << ")\n";
    ++topics_[letter.stream];
    return {};
  }

  std::string finish() override {
    std::uint64_t letters = 0;
    for (const auto& [topic, count] : topics_) letters += count;
    out_ << letters << (letters == 1 ? " letter" : " letters") << " for " << topics_.size()
         << (topics_.size() == 1 ? " topic" : " topics") << " of " << broker_
         << "; nothing is published without --publish\n"
         << std::flush;
    return {};
  }

  const std::string broker_;
  std::ostream& out_;
  std::map<std::string, std::uint64_t> topics_;
};

class PublishedReplay final : public Replay {
 public:
  PublishedReplay(const SourceConfig& source, ReplayProgress& progress)
      : Replay(source, progress), source_(source), progress_(progress) {}

 private:
  std::string take(std::uint64_t number, const DeadLetter& letter) override {
    return publisher().publish(number, letter.stream, letter.payload, letter.properties,
                               kReplayPatience);
  }

  std::string finish() override { return publisher_ ? publisher_->finish(kReplayPatience) : ""; }

  // Connects when there is something to publish.
  MqttPublisher& publisher() {
    if (publisher_) return *publisher_;
    EndpointConfig endpoint = source_;
    endpoint.client_id += "-replay";
    endpoint.reconnect.max = endpoint.reconnect.min;  // somebody waits for it
    return publisher_.emplace(make_mqtt_options(endpoint, std::chrono::seconds(0), End::source),
                              control_, silent_,
                              [this](const PublishAnswer& answer) { progress_.answered(answer); });
  }

  const SourceConfig& source_;
  ReplayProgress& progress_;
  Observer silent_;
  TaskThread control_{"control"};
  std::optional<MqttPublisher> publisher_;
};

std::ifstream open_letters(const std::string& file) {
  std::ifstream in;
  if (file == "-") return in;
  in.open(file, std::ios::binary);
  // A folder can be opened, but not read.
  if (!in || (in.peek(), in.bad())) {
    throw ConfigError(show_text(file) +
                      ": must be a file that can be read, or - for standard input");
  }
  return in;
}

}  // namespace

const char* const kReplayHelp = R"(
FILE holds dead letters, one JSON object a line, as they come on dead_letter.topic; - is standard
input. Without --publish it is shown what would be published, and nothing is.
Each original goes to the topic that it came on, with its payload and its properties, at the broker
of source.url, with QoS 1, as client <source.client_id>-replay: to every subscriber of that topic,
not to millrace alone. What the broker has not confirmed when the connection is lost is sent again.
Exit code: 0, 1 where a letter could not be published (its line is named, the others go on), 2 where
nothing can be.
)";

int replay_dead_letters(const ReplayArguments& arguments, const Config& config, std::ostream& out,
                        std::ostream& err) {
  const Url url = parse_url(config.source.url, End::source);
  if (!is_mqtt(url.scheme)) {
    throw ConfigError("source.url is " + to_string(url) +
                      ": only what came from an MQTT broker can be published again");
  }
  std::ifstream file = open_letters(arguments.file);
  ReplayProgress progress(arguments.publish && ::isatty(STDERR_FILENO) == 1, err);
  const Signals signals([&] {
    progress.end("interrupted");
    std::_Exit(static_cast<int>(ExitCode::failed));
  });
  if (arguments.publish && !config.source.dedupe.key.empty()) {
    err << "warning: source.dedupe is on: what its window of keys still holds is dropped as a "
           "repeat when it comes again\n";
  }
  std::istream& in = file.is_open() ? file : std::cin;
  std::string problem;
  if (arguments.publish) {
    problem = PublishedReplay(config.source, progress).read(in);
  } else {
    problem = ShownReplay(config.source, progress, out).read(in);
  }
  progress.end(problem);
  return static_cast<int>(progress.complete() && problem.empty() ? ExitCode::clean
                                                                 : ExitCode::failed);
}

}  // namespace millrace
