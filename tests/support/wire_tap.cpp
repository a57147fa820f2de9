#include "support/wire_tap.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/ports.hpp"

namespace millrace::test {
namespace {

// One direction of a link.
struct Flow {
  int from = -1;
  int to = -1;
  Direction direction = Direction::to_broker;
  std::string in;      // read, not yet a whole packet
  std::string out;     // to be written
  bool ended = false;  // nothing more comes
  bool end_passed_on = false;
};

struct Link {
  unsigned number = 0;
  std::array<Flow, 2> flows;
  int version = 0;  // 0: not known yet, -1: no MQTT that can be read
  [[nodiscard]] bool done() const { return flows[0].end_passed_on && flows[1].end_passed_on; }
};

}  // namespace

class WireTap::Loop {
 public:
  explicit Loop(std::uint16_t broker_port)
      : broker_port_(broker_port),
        listener_(listen_anywhere()),
        event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    thread_ = std::thread([this] { run(); });
  }

  ~Loop() {
    command([this] { stopping_ = true; });
    thread_.join();
    end_all(true);
    ::close(listener_.descriptor);
    ::close(event_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs on the tap's thread, between two packets; returns when it has.
  void command(std::function<void()> work) {
    std::unique_lock lock(mutex_);
    commands_.push_back(std::move(work));
    const auto ticket = ++commands_given_;
    const std::uint64_t one = 1;
    static_cast<void>(::write(event_, &one, sizeof one));
    command_done_.wait(lock, [&] { return commands_done_ >= ticket; });
  }

  void end_all(bool reset) {
    for (auto& link : links_) end(link, reset);
    links_.clear();
  }

  std::uint16_t port() const { return listener_.port; }
  bool holding = false;
  bool refusing = false;
  bool noting = true;
  Interceptor interceptor;

  std::vector<Packet> packets() const {
    const std::lock_guard lock(mutex_);
    return packets_;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    packets_.clear();
  }
  std::size_t links() const {
    const std::lock_guard lock(mutex_);
    return open_links_;
  }

 private:
  void run() {
    while (!stopping_) {
      wait();
      run_commands();
      if (holding || stopping_) continue;
      accept_link();
      for (auto& link : links_) move(link);
      std::erase_if(links_, [this](Link& link) {
        if (!link.done()) return false;
        end(link, false);
        return true;
      });
      const std::lock_guard lock(mutex_);
      open_links_ = links_.size();
    }
  }

  void wait() {
    std::vector<pollfd> waiting{{event_, POLLIN, 0}};
    if (!holding) {
      waiting.push_back({listener_.descriptor, POLLIN, 0});
      for (const auto& link : links_) {
        for (const auto& flow : link.flows) {
          if (!flow.ended) waiting.push_back({flow.from, POLLIN, 0});
          if (!flow.out.empty()) waiting.push_back({flow.to, POLLOUT, 0});
        }
      }
    }
    ::poll(waiting.data(), waiting.size(), -1);
  }

  void run_commands() {
    std::uint64_t count = 0;
    static_cast<void>(::read(event_, &count, sizeof count));
    std::unique_lock lock(mutex_);
    while (!commands_.empty()) {
      auto work = std::move(commands_.front());
      commands_.erase(commands_.begin());
      lock.unlock();
      work();
      lock.lock();
      open_links_ = links_.size();
      ++commands_done_;
    }
    command_done_.notify_all();
  }

  void accept_link() {
    const int client = ::accept4(listener_.descriptor, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int broker = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(broker_port_);
    if (refusing ||
        ::connect(broker, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      reset_on_close(client);
      ::close(client);
      ::close(broker);
      return;
    }
    make_quick(client);
    make_quick(broker);
    Link link;
    link.number = next_link_++;
    link.flows[0] = {client, broker, Direction::to_broker, {}, {}, false, false};
    link.flows[1] = {broker, client, Direction::to_client, {}, {}, false, false};
    links_.push_back(std::move(link));
  }

  void move(Link& link) {
    for (auto& flow : link.flows) {
      if (link.done()) return;
      read(flow);
      if (!pass_packets(link, flow)) return cut(link);
      write(flow);
    }
  }

  static void read(Flow& flow) {
    std::array<char, 65536> bytes;
    const auto count = flow.ended ? -1 : ::recv(flow.from, bytes.data(), bytes.size(), 0);
    if (count > 0) flow.in.append(bytes.data(), static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) flow.ended = true;
  }

  // False where the link is to be cut.
  bool pass_packets(Link& link, Flow& flow) {
    if (link.version == 0 && !flow.in.empty()) {
      if (static_cast<unsigned char>(flow.in.front()) >> 4 != 1) link.version = -1;
    }
    if (link.version < 0) {
      flow.out += std::exchange(flow.in, {});
      return true;
    }
    std::string_view rest = flow.in;
    while (const auto size = packet_size(rest)) {
      const auto bytes = rest.substr(0, *size);
      if (link.version == 0) link.version = connect_version(bytes);
      switch (pass_packet(link, flow, bytes)) {
        case Action::pass:
          break;
        case Action::drop:
          break;
        case Action::cut:
          return false;
      }
      rest.remove_prefix(*size);
    }
    flow.in.erase(0, flow.in.size() - rest.size());
    return true;
  }

  Action pass_packet(const Link& link, Flow& flow, std::string_view bytes) {
    auto packet = read_packet(bytes, link.version);
    packet.direction = flow.direction;
    packet.link = link.number;
    packet.at = std::chrono::steady_clock::now();
    packet.raw = bytes;
    const auto action = interceptor ? interceptor(packet) : Action::pass;
    if (action == Action::pass) flow.out += std::exchange(packet.raw, {});
    if (!noting) return action;
    const std::lock_guard lock(mutex_);
    packets_.push_back(std::move(packet));
    return action;
  }

  static void write(Flow& flow) {
    if (!flow.out.empty()) {
      const auto count = ::send(flow.to, flow.out.data(), flow.out.size(), MSG_NOSIGNAL);
      if (count > 0) flow.out.erase(0, static_cast<std::size_t>(count));
      if (count < 0 && errno != EAGAIN && errno != EINTR) flow.out.clear();
    }
    if (flow.ended && flow.out.empty() && !std::exchange(flow.end_passed_on, true)) {
      ::shutdown(flow.to, SHUT_WR);
    }
  }

  void cut(Link& link) {
    for (auto& flow : link.flows) {
      reset_on_close(flow.from);
      flow.out.clear();
      flow.ended = flow.end_passed_on = true;
    }
  }

  static void end(Link& link, bool reset) {
    for (const auto& flow : link.flows) {
      if (reset) reset_on_close(flow.from);
      ::close(flow.from);
    }
  }

  const std::uint16_t broker_port_;
  const Listener listener_;
  const int event_;
  unsigned next_link_ = 0;
  std::vector<Link> links_;
  bool stopping_ = false;

  mutable std::mutex mutex_;
  std::condition_variable command_done_;
  std::vector<std::function<void()>> commands_;
  std::uint64_t commands_given_ = 0;
  std::uint64_t commands_done_ = 0;
  std::vector<Packet> packets_;
  std::size_t open_links_ = 0;
  std::thread thread_;
};

WireTap::WireTap(std::uint16_t broker_port) : loop_(std::make_unique<Loop>(broker_port)) {}
WireTap::~WireTap() = default;

std::uint16_t WireTap::port() const noexcept {
  return loop_->port();
}
std::string WireTap::url() const {
  return "mqtt://127.0.0.1:" + std::to_string(port());
}
std::vector<Packet> WireTap::packets() const {
  return loop_->packets();
}
void WireTap::forget() {
  loop_->forget();
}
std::size_t WireTap::links() const {
  return loop_->links();
}

void WireTap::intercept(Interceptor interceptor) {
  loop_->command([&] { loop_->interceptor = std::move(interceptor); });
}

void WireTap::cut() {
  loop_->command([this] { loop_->end_all(true); });
}

void WireTap::close_links() {
  loop_->command([this] { loop_->end_all(false); });
}

void WireTap::hold(bool on) {
  loop_->command([this, on] { loop_->holding = on; });
}

void WireTap::note(bool on) {
  loop_->command([this, on] { loop_->noting = on; });
}

void WireTap::refuse(bool on) {
  loop_->command([this, on] { loop_->refusing = on; });
}

}  // namespace millrace::test
