#include "net/paho_waker.hpp"

#include <mqtt/async_client.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <string>

namespace millrace {
namespace {

// MQTT 3.1.1, 3.2 and 3.13: all that this server ever says.
constexpr std::array<unsigned char, 4> kConnack{0x20, 2, 0, 0};
constexpr std::array<unsigned char, 2> kPingresp{0xD0, 0};
constexpr int kAcceptPatience = 2000;  // ms

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return number_; }

 private:
  int number_;
};

// The port that it listens on, or 0.
std::uint16_t listen_locally(int descriptor) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(descriptor, generic, size) != 0 || ::listen(descriptor, 1) != 0) return 0;
  if (::getsockname(descriptor, generic, &size) != 0) return 0;
  return ntohs(address.sin_port);
}

int accept_one(int listener) {
  pollfd waiting{listener, POLLIN, 0};
  if (::poll(&waiting, 1, kAcceptPatience) <= 0) return -1;
  return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

}  // namespace

class PahoWaker::Client {
 public:
  explicit Client(std::uint16_t port)
      : client_("tcp://127.0.0.1:" + std::to_string(port), "millrace-waker",
                mqtt::create_options(MQTTVERSION_3_1_1)) {
    mqtt::connect_options connect;
    connect.set_mqtt_version(MQTTVERSION_3_1_1);
    connect.set_clean_session(true);
    connect.set_keep_alive_interval(0);
    client_.connect(connect);
  }

 private:
  mqtt::async_client client_;
};

PahoWaker::PahoWaker() {
  const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto port = listen_locally(listener.get());
  if (port == 0) return;
  try {
    client_ = std::make_unique<Client>(port);
  } catch (const mqtt::exception&) {
    return;
  }
  peer_ = accept_one(listener.get());
  // It may be there before the CONNECT: Paho does not read it before that is sent.
  if (peer_ >= 0) ::send(peer_, kConnack.data(), kConnack.size(), MSG_NOSIGNAL);
}

// The end of the stream comes first: it wakes the thread that is to be stopped.
PahoWaker::~PahoWaker() {
  if (peer_ >= 0) ::close(peer_);
}

std::shared_ptr<PahoWaker> PahoWaker::shared() {
  static std::mutex mutex;
  static std::weak_ptr<PahoWaker> waker;
  const std::lock_guard lock(mutex);
  auto existing = waker.lock();
  if (!existing) waker = existing = std::make_shared<PahoWaker>();
  return existing;
}

void PahoWaker::wake() const noexcept {
  if (peer_ < 0) return;
  ::send(peer_, kPingresp.data(), kPingresp.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace millrace
