// bench_echo: the bare echo that millrace is compared with: one Paho client that publishes what it
// receives from within the message callback, and keeps nothing.
//
//   bench_echo PORT IN OUT QOS     prints "ready" when subscribed; ends when its stdin does
//
// What arrives while 65,535 messages wait inside Paho is lost: the load's window is smaller.
#include <mqtt/async_client.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdio>
#include <exception>
#include <string>

namespace {

constexpr int kBuffered = 65535;
constexpr int kDescriptors = 64;  // more than this program opens

// Paho has no option for it; of our descriptors only the broker's connection is one of TCP.
void set_nodelay() {
  for (int descriptor = 0; descriptor < kDescriptors; ++descriptor) {
    const int on = 1;
    static_cast<void>(::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  }
}

int run(const std::string& port, const std::string& in, const std::string& out, int qos) {
  mqtt::async_client client("tcp://127.0.0.1:" + port, "bench-echo",
                            mqtt::create_options(MQTTVERSION_5, kBuffered));
  const mqtt::string_ref topic(out);
  client.set_message_callback([&](const mqtt::const_message_ptr& message) {
    client.publish(mqtt::make_message(topic, message->get_payload_ref(), qos, false));
  });
  mqtt::connect_options options;
  options.set_mqtt_version(MQTTVERSION_5);
  options.set_clean_start(true);
  options.set_max_inflight(kBuffered);
  client.connect(options)->wait();
  set_nodelay();
  client.subscribe(in, qos)->wait();
  std::puts("ready");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  client.disconnect()->wait();
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) return 2;
  try {
    return run(arguments[1], arguments[2], arguments[3], std::stoi(arguments[4]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_echo: %s\n", error.what());
    return 1;
  }
}
