#include "net/socket_watch.hpp"

#include <MQTTAsync.h>

#include <charconv>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

// Paho's trace callback is one function of the process, without a context: so is this.
class PahoTrace {
 public:
  static PahoTrace& instance() {
    static PahoTrace trace;
    return trace;
  }

  void add(SocketWatch& watch) {
    const std::lock_guard lock(mutex_);
    watches_.push_back(&watch);
    // The callback stays for good: taking it away could meet a thread that is about to call it.
    MQTTAsync_setTraceCallback(&PahoTrace::hear);
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_PROTOCOL);
  }

  void remove(SocketWatch& watch) {
    const std::lock_guard lock(mutex_);
    std::erase(watches_, &watch);
    if (watches_.empty()) MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_FATAL);
  }

  MqttSocket take(SocketWatch& watch) {
    const std::lock_guard lock(mutex_);
    return std::move(watch.socket_);
  }

 private:
  static void hear(enum MQTTASYNC_TRACE_LEVELS level, char* message) {
    if (level == MQTTASYNC_TRACE_PROTOCOL && message != nullptr) instance().read(message);
  }

  // `20260131 120000.123 3 client -> CONNECT version 5 clean: 0 (0)`. Paho's lock is held, so the
  // descriptor is still the client's.
  void read(std::string_view line) {
    const std::lock_guard lock(mutex_);
    for (auto* watch : watches_) {
      const auto name = line.find(' ' + watch->client_id_ + " -> CONNECT ");
      if (name == std::string_view::npos || name == 0) continue;
      const auto digits = line.rfind(' ', name - 1) + 1;
      const auto* const end_of_digits = line.data() + name;
      int descriptor = -1;
      const auto [end, error] = std::from_chars(line.data() + digits, end_of_digits, descriptor);
      if (error == std::errc{} && end == end_of_digits) watch->socket_ = MqttSocket(descriptor);
    }
  }

  // Taken within Paho's callbacks: nothing of Paho's that locks may be called while it is held.
  std::mutex mutex_;
  std::vector<SocketWatch*> watches_;
};

SocketWatch::SocketWatch(std::string client_id) : client_id_(std::move(client_id)) {
  PahoTrace::instance().add(*this);
}

SocketWatch::~SocketWatch() {
  PahoTrace::instance().remove(*this);
}

MqttSocket SocketWatch::take() {
  return PahoTrace::instance().take(*this);
}

}  // namespace millrace
