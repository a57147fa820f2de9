#include "support/scripted_broker.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

namespace millrace::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kVersion = 5;

void add_number(std::string& bytes, std::size_t number) {
  bytes += static_cast<char>(number >> 8U & 255U);
  bytes += static_cast<char>(number & 255U);
}

// MQTT 5, 1.5.5.
void add_length(std::string& bytes, std::size_t length) {
  do {
    const auto digit = length % 128;
    length /= 128;
    bytes += static_cast<char>(length > 0 ? digit + 128 : digit);
  } while (length > 0);
}

std::string packet(PacketType type, const std::string& body, unsigned flags = 0) {
  std::string bytes(1, static_cast<char>(static_cast<unsigned>(type) << 4U | flags));
  add_length(bytes, body.size());
  return bytes + body;
}

// Acknowledgements of one thing: the packet identifier, no properties, one reason.
std::string answer(PacketType type, std::uint16_t id, int reason) {
  std::string body;
  add_number(body, id);
  body += '\0';
  body += static_cast<char>(reason);
  return packet(type, body);
}

std::string puback(const Acknowledgement& of) {
  std::string body;
  add_number(body, of.id);
  body += static_cast<char>(of.reason);
  return packet(PacketType::puback, body);
}

std::string publish(std::uint16_t id, const std::string& topic, const std::string& payload) {
  std::string body;
  add_number(body, topic.size());
  body += topic;
  add_number(body, id);
  body += '\0';  // no properties
  return packet(PacketType::publish, body + payload, 1U << 1U);
}

std::string connack(std::optional<std::uint16_t> receive_maximum) {
  constexpr char kReceiveMaximum = 0x21;
  std::string properties;
  if (receive_maximum) {
    properties += kReceiveMaximum;
    add_number(properties, *receive_maximum);
  }
  std::string body(2, '\0');  // no session, success
  add_length(body, properties.size());
  return packet(PacketType::connack, body + properties);
}

struct Client {
  int socket = -1;
  unsigned link = 0;
  std::string in;
  std::multiset<std::uint16_t> unanswered;
  bool subscribed = false;
  std::uint16_t last_id = 0;
};

}  // namespace

class ScriptedBroker::Loop {
 public:
  explicit Loop(Script script)
      : script_(std::move(script)),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("the scripted broker cannot listen");
    }
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }

  ~Loop() {
    stopping_ = true;
    wake();
    thread_.join();
    for (const auto& client : clients_) ::close(client.socket);
    ::close(listener_);
    ::close(event_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  bool deliver(const std::string& topic, const std::string& payload) {
    const std::lock_guard lock(mutex);
    const auto client = std::find_if(clients_.begin(), clients_.end(),
                                     [](const Client& each) { return each.subscribed; });
    if (client == clients_.end()) return false;
    if (++client->last_id == 0) client->last_id = 1;
    send(*client, publish(client->last_id, topic, payload));
    return true;
  }

  std::uint16_t port = 0;
  mutable std::mutex mutex;  // also over what runs on the loop's thread
  std::vector<Packet> published;
  std::size_t subscribes = 0;
  std::size_t connects = 0;
  std::size_t most_unanswered = 0;

 private:
  void run() {
    while (!stopping_) {
      auto waiting = wait();
      const std::lock_guard lock(mutex);
      if ((waiting[1].revents & POLLIN) != 0) accept_client();
      for (const auto& socket : waiting) {
        const auto client = std::find_if(clients_.begin(), clients_.end(), [&](const Client& each) {
          return each.socket == socket.fd;
        });
        if (client == clients_.end() || socket.revents == 0 || read(*client)) continue;
        ::close(client->socket);
        clients_.erase(client);
      }
      send_due();
    }
  }

  std::vector<pollfd> wait() {
    std::vector<pollfd> waiting{{event_, POLLIN, 0}, {listener_, POLLIN, 0}};
    int patience = -1;
    {
      const std::lock_guard lock(mutex);
      for (const auto& client : clients_) waiting.push_back({client.socket, POLLIN, 0});
      if (!due_.empty()) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(due_.begin()->first - Clock::now());
        patience = static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
      }
    }
    ::poll(waiting.data(), waiting.size(), patience);
    std::uint64_t count = 0;
    static_cast<void>(::read(event_, &count, sizeof count));
    return waiting;
  }

  void wake() const {
    const std::uint64_t one = 1;
    static_cast<void>(::write(event_, &one, sizeof one));
  }

  void accept_client() {
    Client client;
    client.socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client.socket < 0) return;
    const int on = 1;
    ::setsockopt(client.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    client.link = next_link_++;
    clients_.push_back(std::move(client));
  }

  // False where the connection has ended.
  bool read(Client& client) {
    std::array<char, 65536> bytes;
    const auto count = ::recv(client.socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    client.in.append(bytes.data(), static_cast<std::size_t>(count));
    std::size_t taken = 0;
    while (const auto size = packet_size(std::string_view(client.in).substr(taken))) {
      auto received = read_packet(std::string_view(client.in).substr(taken, *size), kVersion);
      taken += *size;
      received.link = client.link;
      received.at = Clock::now();
      if (!handle(client, received)) return false;
    }
    client.in.erase(0, taken);
    return true;
  }

  bool handle(Client& client, Packet& received) {
    switch (received.type) {
      case PacketType::connect:
        ++connects;
        send(client, connack(script_.receive_maximum));
        return true;
      case PacketType::subscribe: {
        const int reason = script_.grant(subscribes++);
        client.subscribed = client.subscribed || reason < 0x80;
        send(client, answer(PacketType::suback, received.id, reason));
        return true;
      }
      case PacketType::unsubscribe: {
        constexpr int kNoSubscriptionExisted = 0x11;
        send(client, answer(PacketType::unsuback, received.id, kNoSubscriptionExisted));
        return true;
      }
      case PacketType::publish:
        handle_publish(client, received);
        return true;
      case PacketType::pingreq:
        send(client, packet(PacketType::pingresp, {}));
        return true;
      case PacketType::disconnect:
        return false;
      default:
        return true;
    }
  }

  void handle_publish(Client& client, const Packet& received) {
    client.unanswered.insert(received.id);
    most_unanswered = std::max(most_unanswered, client.unanswered.size());
    published.push_back(received);
    for (const auto& each : script_.acknowledge(received)) {
      if (each.delay.count() == 0) {
        acknowledge(client, each);
      } else {
        due_.emplace(Clock::now() + each.delay, std::pair(client.link, each));
      }
    }
  }

  void acknowledge(Client& client, const Acknowledgement& with) {
    client.unanswered.erase(with.id);
    send(client, puback(with));
  }

  void send_due() {
    while (!due_.empty() && due_.begin()->first <= Clock::now()) {
      const auto [link, with] = due_.begin()->second;
      due_.erase(due_.begin());
      for (auto& client : clients_) {
        if (client.link == link) acknowledge(client, with);
      }
    }
  }

  // The socket blocks: a test's client reads all the time.
  static void send(const Client& client, const std::string& bytes) {
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const auto count = ::send(client.socket, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (count <= 0) return;  // what reads from it notices
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  const Script script_;
  const int listener_;
  const int event_;
  std::atomic<bool> stopping_ = false;
  unsigned next_link_ = 0;
  std::list<Client> clients_;
  std::multimap<Clock::time_point, std::pair<unsigned, Acknowledgement>> due_;
  std::thread thread_;
};

ScriptedBroker::ScriptedBroker(Script script) : loop_(std::make_unique<Loop>(std::move(script))) {}
ScriptedBroker::~ScriptedBroker() = default;

std::uint16_t ScriptedBroker::port() const noexcept {
  return loop_->port;
}
std::string ScriptedBroker::url() const {
  return "mqtt://localhost:" + std::to_string(port());
}
bool ScriptedBroker::deliver(const std::string& topic, const std::string& payload) {
  return loop_->deliver(topic, payload);
}
std::vector<Packet> ScriptedBroker::published() const {
  const std::lock_guard lock(loop_->mutex);
  return loop_->published;
}
std::size_t ScriptedBroker::subscribes() const {
  const std::lock_guard lock(loop_->mutex);
  return loop_->subscribes;
}
std::size_t ScriptedBroker::connects() const {
  const std::lock_guard lock(loop_->mutex);
  return loop_->connects;
}
std::size_t ScriptedBroker::most_unanswered() const {
  const std::lock_guard lock(loop_->mutex);
  return loop_->most_unanswered;
}

}  // namespace millrace::test
