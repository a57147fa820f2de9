// bench_load: publishes numbered events, receives their results, and says in one line of JSON how
// that went. It is the same for millrace and for the echo it is compared with.
//
//   bench_load KEY=VALUE …
//     port, in, out      of the broker on 127.0.0.1; topics of events and of results
//     qos=0|1            of the events; results come by QoS 0, which costs the least here
//     count, bytes       events, and bytes of each
//     kind=stamp         the result is the event: number and due time, then padding
//          decimal       the event is a number, the result its square
//          opaque        the result is something else
//     window             events under way at a time …
//     rate               … or events a second, whatever comes back (0: by window)
//     first=1            end with the first result; what went before may have been lost
//
// Threads: main publishes; libmosquitto's thread of the receiving client counts.
// Errors: exit 1, with the reason on stderr, also when nothing has come for 20 s.
#include <mosquitto.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/pace.hpp"

namespace {

using bench::now;

constexpr int kBatch = 32;  // results for one wake-up of the publisher
constexpr auto kPatience = std::chrono::seconds(20);

struct Options {
  std::map<std::string, std::string> values{{"qos", "1"},      {"bytes", "256"}, {"kind", "stamp"},
                                            {"window", "256"}, {"rate", "0"},    {"first", "0"}};

  Options(int count, char** arguments) {
    for (int i = 1; i < count; ++i) {
      const std::string argument = arguments[i];
      const auto equals = argument.find('=');
      if (equals == std::string::npos) throw std::runtime_error("not KEY=VALUE: " + argument);
      values.insert_or_assign(argument.substr(0, equals), argument.substr(equals + 1));
    }
  }
  const std::string& text(const std::string& key) const { return values.at(key); }
  int number(const std::string& key) const { return std::stoi(values.at(key)); }
};

struct Stamp {
  std::int64_t number = 0;
  std::int64_t due = 0;
};

/// A libmosquitto client that is connected when it has been made, and runs its own thread.
class Client {
 public:
  explicit Client(int port) : client_(mosquitto_new(nullptr, true, this)) {
    mosquitto_int_option(client_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(client_, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_int_option(client_, MOSQ_OPT_SEND_MAXIMUM, 65535);
    mosquitto_connect_callback_set(
        client_, [](mosquitto*, void* self, int code) { static_cast<Client*>(self)->step(code); });
    mosquitto_subscribe_callback_set(client_, [](mosquitto*, void* self, int, int, const int*) {
      static_cast<Client*>(self)->step(0);
    });
    check(mosquitto_connect(client_, "127.0.0.1", port, 60));
    check(mosquitto_loop_start(client_));
    wait();
  }
  ~Client() {
    mosquitto_disconnect(client_);
    mosquitto_loop_stop(client_, false);
    mosquitto_destroy(client_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void subscribe(const std::string& topic) {
    check(mosquitto_subscribe(client_, nullptr, topic.c_str(), 0));
    wait();
  }
  void publish(const std::string& topic, const std::string& bytes, int qos) {
    check(mosquitto_publish(client_, nullptr, topic.c_str(), static_cast<int>(bytes.size()),
                            bytes.data(), qos, false));
  }

 protected:
  mosquitto* handle() { return client_; }

 private:
  static void check(int code) {
    if (code != MOSQ_ERR_SUCCESS) throw std::runtime_error(mosquitto_strerror(code));
  }
  void step(int code) {
    failed_ = code != 0;
    steps_.release();
  }
  void wait() {
    if (!steps_.try_acquire_for(kPatience) || failed_) throw std::runtime_error("no connection");
  }

  mosquitto* client_;
  std::binary_semaphore steps_{0};
  std::atomic<bool> failed_ = false;
};

class Receiver final : public Client {
 public:
  Receiver(const Options& options, int count, std::ptrdiff_t window)
      : Client(options.number("port")),
        kind_(options.text("kind")),
        count_(count),
        slots_(window),
        latencies_(static_cast<std::size_t>(count)) {
    mosquitto_message_callback_set(
        handle(), [](mosquitto*, void* self, const mosquitto_message* message) {
          static_cast<Receiver*>(static_cast<Client*>(self))->take(*message);
        });
    subscribe(options.text("out"));
  }

  bool take_slot() { return slots_.try_acquire_for(kPatience); }
  bool ended() { return end_.try_acquire(); }
  /// False when nothing has come for a while.
  bool wait_for_end() {
    for (int before = -1; before != received_;) {
      before = received_;
      if (end_.try_acquire_for(kPatience)) return true;
    }
    return false;
  }

  int received() const { return received_; }
  int disordered() const { return disordered_; }
  std::int64_t last() const { return last_; }
  double latency(double share) {  // microseconds
    const auto rank = static_cast<std::ptrdiff_t>(share * (count_ - 1));
    std::nth_element(latencies_.begin(), latencies_.begin() + rank, latencies_.end());
    return static_cast<double>(latencies_[static_cast<std::size_t>(rank)]) / 1e3;
  }

 private:
  void take(const mosquitto_message& message) {
    if (received_ >= count_) return;
    last_ = now();
    if (!is_next(message)) ++disordered_;
    const int received = ++received_;
    if (received % kBatch == 0) slots_.release(kBatch);
    if (received == count_) end_.release();
  }

  bool is_next(const mosquitto_message& message) {
    const std::int64_t expected = received_;
    const auto size = static_cast<std::size_t>(message.payloadlen);
    if (kind_ == "decimal") {
      const auto square = std::to_string(expected * expected);
      return std::string(static_cast<const char*>(message.payload), size) == square;
    }
    if (kind_ != "stamp") return true;
    Stamp stamp;
    if (size < sizeof stamp) return false;
    std::memcpy(&stamp, message.payload, sizeof stamp);
    latencies_[static_cast<std::size_t>(expected)] = last_ - stamp.due;
    return stamp.number == expected;
  }

  const std::string kind_;
  const int count_;
  std::counting_semaphore<> slots_;
  std::binary_semaphore end_{0};
  std::atomic<int> received_ = 0;
  std::atomic<int> disordered_ = 0;
  std::atomic<std::int64_t> last_ = 0;
  std::vector<std::int64_t> latencies_;  // nanoseconds
};

std::string event(const Options& options, std::int64_t number, std::int64_t due) {
  if (options.text("kind") == "decimal") return std::to_string(number);
  const Stamp stamp{number, due};
  std::string bytes(static_cast<std::size_t>(options.number("bytes")), 'x');
  std::memcpy(bytes.data(), &stamp, sizeof stamp);
  return bytes;
}

int run(const Options& options) {
  const bool first = options.number("first") != 0;
  const int rate = options.number("rate");
  const int qos = options.number("qos");
  const int count = options.number("count");
  Receiver receiver(options, first ? 1 : count, options.number("window"));
  Client publisher(options.number("port"));
  if (first) {
    std::puts("ready");
    std::fflush(stdout);
  }

  const auto start = now();
  if (rate > 0) {
    bench::Pace pace(rate);
    for (int i = 0; i < count && !(first && receiver.ended()); ++i) {
      publisher.publish(options.text("in"), event(options, i, pace.next()), qos);
    }
  } else {
    for (int i = 0; i < count && receiver.take_slot(); ++i) {
      publisher.publish(options.text("in"), event(options, i, now()), qos);
    }
  }
  if (!first && !receiver.wait_for_end()) {
    std::fprintf(stderr, "bench_load: %d of %d results\n", receiver.received(), count);
    return 1;
  }
  const auto last = receiver.last();
  std::printf(
      "{\"seconds\": %.6f, \"received\": %d, \"disordered\": %d, \"last\": %.6f, "
      "\"p50\": %.1f, \"p99\": %.1f, \"p99.9\": %.1f}\n",
      static_cast<double>(last - start) / 1e9, receiver.received(), receiver.disordered(),
      static_cast<double>(last) / 1e9, receiver.latency(0.5), receiver.latency(0.99),
      receiver.latency(0.999));
  return receiver.received() > 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    mosquitto_lib_init();
    const int code = run(Options(count, arguments));
    mosquitto_lib_cleanup();
    return code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return 1;
  }
}
