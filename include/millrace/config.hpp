// Configuration as the program uses it. The JSON Schema in config/ is where every value's
// description, range, default and environment variable stand; this is its shape in C++.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

using Duration = std::chrono::milliseconds;
using ByteCount = std::uint64_t;

/// Paths of PEM files; empty where unset.
struct TlsConfig {
  std::string ca;
  std::string cert;
  std::string key;
  std::string key_passphrase;  ///< secret

  friend bool operator==(const TlsConfig&, const TlsConfig&) = default;
};

struct ReconnectConfig {
  Duration min{200};
  Duration max{4000};

  friend bool operator==(const ReconnectConfig&, const ReconnectConfig&) = default;
};

/// What a source and a sink need to reach a peer.
struct EndpointConfig {
  std::string url;
  std::string client_id;
  std::string username;                        ///< secret
  std::string password;                        ///< secret
  std::string token;                           ///< secret; a bearer token, over WebSocket
  std::map<std::string, std::string> headers;  ///< values are secret; of a WebSocket upgrade
  int qos = 1;                                 ///< 0 or 1
  int mqtt_version = 5;                        ///< 5, or 4 for MQTT 3.1.1
  Duration keep_alive{20000};
  ReconnectConfig reconnect;
  TlsConfig tls;

  friend bool operator==(const EndpointConfig&, const EndpointConfig&) = default;
};

/// Which events are repeats by their producer's own word.
struct DedupeConfig {
  std::string key;           ///< `property:NAME` or `pointer:/JSON`; empty: no event is a repeat
  unsigned window = 100000;  ///< keys that are remembered at least

  friend bool operator==(const DedupeConfig&, const DedupeConfig&) = default;
};

/// Which events are this instance's own, of a stream that several instances share.
struct PartitionConfig {
  unsigned count = 1;             ///< 1: all are
  std::vector<unsigned> indices;  ///< its partitions, each below `count`
  std::string key = "topic";      ///< or `property:NAME`

  friend bool operator==(const PartitionConfig&, const PartitionConfig&) = default;
};

struct SourceConfig : EndpointConfig {
  std::vector<std::string> topics;
  std::vector<std::string> subscribe;  ///< sent to a WebSocket server after each connect
  Duration session_expiry{std::chrono::hours(24)};
  Duration idle_timeout{std::chrono::minutes(5)};  ///< 0: never
  DedupeConfig dedupe;
  PartitionConfig partition;

  friend bool operator==(const SourceConfig&, const SourceConfig&) = default;
};

struct SinkConfig : EndpointConfig {
  std::string topic;  ///< may hold `{topic}` and `{response_topic}`
  bool retain = false;
  bool envelope = false;
  bool allow_loop = false;
  // Of `ws-listen://`.
  bool hold = false;
  unsigned max_clients = 1000;
  unsigned client_queue = 1000;
  ByteCount client_queue_bytes = ByteCount{16} << 20U;
  std::vector<std::string> origins;

  friend bool operator==(const SinkConfig&, const SinkConfig&) = default;
};

enum class FramingType { whole, lines, length_prefixed };

/// Layout of a `length_prefixed` header, in Python's `struct` notation.
struct HeaderConfig {
  std::string format;
  std::vector<std::string> fields;

  friend bool operator==(const HeaderConfig&, const HeaderConfig&) = default;
};

struct FramingConfig {
  FramingType type = FramingType::whole;
  HeaderConfig header;
  Duration timeout{30000};

  friend bool operator==(const FramingConfig&, const FramingConfig&) = default;
};

enum class ProcessingType { identity, square, digest, verify, exec };
enum class DigestAlgorithm { md5, sha1, sha256, sha512, crc32 };
enum class VerifyEmit { frame, payload };
enum class OnFailure { dead_letter, drop, stop };
enum class Order { global, key, none };

/// What one worker process may use; 0: as much as there is.
struct WorkerLimits {
  Duration cpu{0};       ///< of one event, whole seconds
  ByteCount memory = 0;  ///< private and writable

  friend bool operator==(const WorkerLimits&, const WorkerLimits&) = default;
};

struct ProcessingConfig {
  ProcessingType type = ProcessingType::identity;
  unsigned workers = 5;
  Duration timeout{30000};
  unsigned attempts = 3;  ///< 0: for ever
  Duration backoff{200};
  Duration backoff_max{10000};
  OnFailure on_failure = OnFailure::dead_letter;
  Order order = Order::global;
  std::string key =
      "topic";        ///< of `Order::key`: topic, connection, `property:NAME`, `pointer:/JSON`
  Duration delay{0};  ///< `square`
  DigestAlgorithm algorithm = DigestAlgorithm::sha256;
  VerifyEmit emit = VerifyEmit::frame;
  std::vector<std::string> command;  ///< `exec`
  WorkerLimits limits;               ///< `exec`

  friend bool operator==(const ProcessingConfig&, const ProcessingConfig&) = default;
};

struct DeadLetterConfig {
  std::string topic = "millrace/dead";

  friend bool operator==(const DeadLetterConfig&, const DeadLetterConfig&) = default;
};

/// Where millrace says that it is there.
struct StatusConfig {
  std::string topic;  ///< empty: nowhere

  friend bool operator==(const StatusConfig&, const StatusConfig&) = default;
};

enum class Durability { off, process, power };

struct JournalConfig {
  std::string path = "/var/lib/millrace";
  Durability durability = Durability::process;
  ByteCount max_bytes = 1ULL << 30;

  friend bool operator==(const JournalConfig&, const JournalConfig&) = default;
};

struct LimitsConfig {
  unsigned in_flight = 64;  ///< frames
  ByteCount in_flight_bytes = 64ULL << 20;
  ByteCount partial_bytes = 16ULL << 20;
  ByteCount frame_bytes = 1ULL << 20;
  ByteCount result_bytes = 1ULL << 20;
  unsigned connections = 1024;
  Duration drain{20000};

  friend bool operator==(const LimitsConfig&, const LimitsConfig&) = default;
};

/// What a live view of the events may show.
enum class TapMode { off, events, payloads };

struct HttpConfig {
  std::string listen = "127.0.0.1:9464";  ///< empty: no endpoint
  std::string token;                      ///< secret
  TapMode tap = TapMode::events;

  friend bool operator==(const HttpConfig&, const HttpConfig&) = default;
};

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

struct LogConfig {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;

  friend bool operator==(const LogConfig&, const LogConfig&) = default;
};

struct Config {
  SourceConfig source;
  FramingConfig framing;
  ProcessingConfig processing;
  SinkConfig sink;
  DeadLetterConfig dead_letter;
  StatusConfig status;
  JournalConfig journal;
  LimitsConfig limits;
  HttpConfig http;
  LogConfig log;

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace millrace
