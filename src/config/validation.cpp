#include "config/validation.hpp"

#include <cerrno>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>

#include "config/resolve.hpp"
#include "config/settings.hpp"
#include "config/url.hpp"
#include "config/validation_topics.hpp"
#include "config/validation_websocket.hpp"
#include "config/value.hpp"
#include "event/event_key.hpp"
#include "event/partition.hpp"
#include "event/producer_key.hpp"
#include "framing/header_format.hpp"
#include "processing/digester.hpp"

namespace millrace {
namespace {

void require(bool good, const Settings& settings, std::string_view path, const std::string& why) {
  if (!good) throw settings.error(path, why);
}

// `end` is "source" or "sink".
void check_files(const std::string& end, const TlsConfig& tls, const Settings& settings) {
  const auto check = [&](const std::string& name, const std::string& file) {
    if (file.empty()) return;
    std::ifstream stream(file);
    // A folder opens, but holds nothing to read.
    const bool good = stream.is_open() && (stream.peek(), !stream.bad());
    const int error = errno;
    require(good, settings, end + ".tls." + name,
            "must be a file that can be read: " + std::generic_category().message(error));
  };
  check("ca", tls.ca);
  check("cert", tls.cert);
  check("key", tls.key);
}

void check_tls(const std::string& end, const EndpointConfig& endpoint, Scheme scheme,
               const Settings& settings) {
  const std::string tls = end + ".tls.";
  const bool serves = is_listener(scheme);
  for (const char* name : {"ca", "cert", "key", "key_passphrase"}) {
    const auto& value = settings.at(tls + name).value;
    require(value.get<std::string>().empty() || is_tls_client(scheme) || serves, settings,
            tls + name, "must be empty, since " + end + ".url has no TLS");
  }
  const TlsConfig& files = endpoint.tls;
  // Else clients would be let in without the certificates that somebody meant to ask for.
  require(!serves || files.ca.empty() || !files.cert.empty(), settings, tls + "cert",
          "must be given, since " + tls + "ca is and clients can have certificates only in TLS");
  require(files.cert.empty() || !files.key.empty(), settings, tls + "key",
          "must be given, since " + tls + "cert is");
  require(files.key.empty() || !files.cert.empty(), settings, tls + "cert",
          "must be given, since " + tls + "key is");
  require(files.key_passphrase.empty() || !files.key.empty(), settings, tls + "key",
          "must be given, since " + tls + "key_passphrase is");
  check_files(end, files, settings);
}

void check_endpoint(const std::string& end, const EndpointConfig& endpoint, Scheme scheme,
                    const Settings& settings) {
  check_tls(end, endpoint, scheme, settings);
  require(endpoint.reconnect.min <= endpoint.reconnect.max, settings, end + ".reconnect.min",
          "must be at most " + end + ".reconnect.max, which is " +
              format_duration(endpoint.reconnect.max));
  // MQTT 3.1.1, 3.1.2.9: the password flag needs the user name flag.
  require(endpoint.mqtt_version != 4 || endpoint.password.empty() || !endpoint.username.empty(),
          settings, end + ".username",
          "must be given, since " + end + ".password is and MQTT 3.1.1 has none without it");
}

void check_client_ids(const Config& config, const Settings& settings) {
  require(!results_reach_source(config) || config.sink.client_id != config.source.client_id,
          settings, "sink.client_id",
          "must differ from source.client_id: on one broker the two connections would end each "
          "other");
}

void check_dedupe(const Config& config, const Settings& settings) {
  const DedupeConfig& dedupe = config.source.dedupe;
  if (dedupe.key.empty()) return;
  try {
    static_cast<void>(ProducerKey(dedupe.key));
  } catch (const std::invalid_argument& error) {
    throw settings.error(
        "source.dedupe.key",
        "must be " + settings.at("source.dedupe.key").key->allowed + ": " + error.what());
  }
  // What a restart works on again must not have been forgotten.
  require(dedupe.window >= config.limits.in_flight, settings, "source.dedupe.window",
          "must be at least limits.in_flight, which is " + std::to_string(config.limits.in_flight));
}

void check_partition(const Config& config, Scheme scheme, const Settings& settings) {
  const PartitionConfig& partition = config.source.partition;
  const std::string path = "source.partition.";
  std::set<unsigned> seen;
  for (const unsigned index : partition.indices) {
    require(index < partition.count, settings, path + "indices",
            "must be below source.partition.count, which is " + std::to_string(partition.count) +
                ", and " + std::to_string(index) + " is not");
    require(seen.insert(index).second, settings, path + "indices",
            "must hold each partition once, and has " + std::to_string(index) + " twice");
  }
  try {
    static_cast<void>(Partition(partition));
  } catch (const std::invalid_argument& error) {
    throw settings.error(path + "key", error.what());
  }
  if (partition.count == 1) return;
  require(is_mqtt(scheme), settings, path + "count",
          "must be 1, since source.url is no MQTT broker: nothing else comes to every instance");
  require(!partition.indices.empty(), settings, path + "indices",
          "must hold the partitions of this instance, since source.partition.count is not 1");
  require(config.source.mqtt_version == 5 || partition.key == "topic", settings, path + "key",
          "must be topic, since only MQTT 5 has user properties");
}

void check_framing(const Config& config, const Settings& settings) {
  const HeaderConfig& header = config.framing.header;
  if (config.framing.type != FramingType::length_prefixed) {
    const std::string why = "must be empty, since framing.type is not length_prefixed";
    require(header.format.empty(), settings, "framing.header.format", why);
    require(header.fields.empty(), settings, "framing.header.fields", why);
    return;
  }
  require(!header.format.empty(), settings, "framing.header.format",
          "must be given, since framing.type is length_prefixed; such as >I16s");
  require(!header.fields.empty(), settings, "framing.header.fields",
          "must be given, since framing.type is length_prefixed; such as length,digest");
  try {
    static_cast<void>(parse_header_format(header.format, header.fields));
  } catch (const std::invalid_argument& error) {
    throw settings.error("framing.header.format",
                         "with fields " + show_value(header.fields, false) + ": " + error.what());
  }
}

void check_processing(const Config& config, const Settings& settings) {
  const ProcessingConfig& processing = config.processing;
  require(processing.backoff <= processing.backoff_max, settings, "processing.backoff",
          "must be at most processing.backoff_max, which is " +
              format_duration(processing.backoff_max));
  if (processing.type == ProcessingType::exec) {
    require(!processing.command.empty() && !processing.command.front().empty(), settings,
            "processing.command",
            "must name a program, since processing.type is exec; such as python3,worker.py");
  }
  try {
    static_cast<void>(EventKey(processing.key));
  } catch (const std::invalid_argument& error) {
    throw settings.error("processing.key", "must be " + settings.at("processing.key").key->allowed +
                                               ": " + error.what());
  }
  if (processing.type != ProcessingType::verify) return;
  std::size_t digest = 0;
  if (config.framing.type == FramingType::length_prefixed) {
    const HeaderConfig& header = config.framing.header;
    digest = parse_header_format(header.format, header.fields).digest.size;
  }
  require(digest > 0, settings, "processing.type",
          "must not be verify unless framing.type is length_prefixed with a header field digest");
  const std::size_t needed = digest_size(processing.algorithm);
  require(digest == needed, settings, "processing.algorithm",
          "needs a header field digest of " + std::to_string(needed) +
              "s, and in framing.header it "
              "is " +
              std::to_string(digest) + "s");
}

void check_limits(const Config& config, const Settings& settings) {
  const LimitsConfig& limits = config.limits;
  const std::string why =
      "must be at least limits.frame_bytes, which is " + format_size(limits.frame_bytes);
  require(limits.partial_bytes >= limits.frame_bytes, settings, "limits.partial_bytes", why);
  require(limits.in_flight_bytes >= limits.frame_bytes, settings, "limits.in_flight_bytes", why);
}

void check_http(const Config& config, const Settings& settings) {
  if (config.http.listen.empty()) return;
  try {
    static_cast<void>(parse_listen(config.http.listen));
  } catch (const std::invalid_argument& error) {
    throw settings.error("http.listen", error.what());
  }
}

void check_url(const std::string& path, const std::string& url, End end, const Settings& settings) {
  try {
    static_cast<void>(parse_url(url, end));
  } catch (const std::invalid_argument& error) {
    throw settings.error(path, error.what());
  }
}

}  // namespace

void validate_urls(const Config& config, const Settings& settings) {
  check_url("source.url", config.source.url, End::source, settings);
  require(has_sink(config), settings, "sink.url",
          "must be given, since nothing can be sent to source.url; it is " +
              settings.at("sink.url").key->allowed);
  if (!config.sink.url.empty()) check_url("sink.url", config.sink.url, End::sink, settings);
}

void validate(const Config& config, const Settings& settings) {
  const Scheme source = parse_url(config.source.url, End::source).scheme;
  check_endpoint("source", config.source, source, settings);
  check_endpoint("sink", config.sink, parse_url(config.sink.url, End::sink).scheme, settings);
  check_client_ids(config, settings);
  validate_topics(config, settings);
  validate_websocket(config, settings);
  check_dedupe(config, settings);
  check_partition(config, source, settings);
  check_framing(config, settings);
  check_processing(config, settings);
  check_limits(config, settings);
  check_http(config, settings);
}

}  // namespace millrace
