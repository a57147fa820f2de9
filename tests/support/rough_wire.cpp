#include "support/rough_wire.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "support/ports.hpp"

namespace millrace::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// What one direction may hold; behind it the sender waits, as at a router's full queue.
constexpr std::size_t kMostHeld = 256 * 1024;

void reset(int socket) {
  reset_on_close(socket);
  ::close(socket);
}

struct Held {
  Clock::time_point due;
  std::string bytes;
};

struct Flow {
  int from = -1;
  int to = -1;
  std::deque<Held> held;
  std::size_t held_bytes = 0;
  Clock::time_point last_due;
  bool ended = false;  // nothing more comes
  bool end_passed_on = false;
};

struct Link {
  std::array<Flow, 2> flows;  // by Direction
  bool broken = false;
};

}  // namespace

class RoughWire::Loop {
 public:
  explicit Loop(std::uint16_t server_port)
      : server_port_(server_port),
        listener_(listen_anywhere()),
        event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    thread_ = std::thread([this] { run(); });
  }

  ~Loop() {
    stopping_ = true;
    changed();
    thread_.join();
    reset_all();
    ::close(listener_.descriptor);
    ::close(event_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void changed() const {
    const std::uint64_t one = 1;
    static_cast<void>(::write(event_, &one, sizeof one));
  }

  void reset_all() {
    for (const auto& link : links_) {
      for (const auto& flow : link.flows) reset(flow.from);
    }
    links_.clear();
  }

  std::uint16_t port() const { return listener_.port; }
  mutable std::mutex mutex;  // over all that follows
  Shape shape;
  std::array<bool, 2> blocked{};
  bool refusing = false;
  std::vector<Clock::time_point> attempts;

 private:
  void run() {
    while (!stopping_) {
      wait();
      const std::lock_guard lock(mutex);
      accept_links();
      for (auto& link : links_) move(link);
      std::erase_if(links_, [](const Link& link) {
        const bool ended = link.flows[0].end_passed_on && link.flows[1].end_passed_on;
        if (!ended && !link.broken) return false;
        for (const auto& flow : link.flows) {
          if (link.broken) reset(flow.from);
          if (!link.broken) ::close(flow.from);
        }
        return true;
      });
    }
  }

  void wait() {
    std::vector<pollfd> waiting{{event_, POLLIN, 0}, {listener_.descriptor, POLLIN, 0}};
    std::optional<Clock::time_point> next;
    {
      const std::lock_guard lock(mutex);
      const auto now = Clock::now();
      for (const auto& link : links_) {
        for (std::size_t way = 0; way < 2; ++way) {
          const auto& flow = link.flows[way];
          if (blocked[way]) continue;
          if (!flow.ended && flow.held_bytes < kMostHeld) {
            waiting.push_back({flow.from, POLLIN, 0});
          }
          if (flow.held.empty()) continue;
          const auto due = flow.held.front().due;
          if (due <= now) waiting.push_back({flow.to, POLLOUT, 0});
          if (due > now) next = std::min(next.value_or(due), due);
        }
      }
    }
    const auto left = next ? std::chrono::ceil<milliseconds>(*next - Clock::now()).count() : -1;
    ::poll(waiting.data(), waiting.size(), next ? static_cast<int>(std::max(left, 0L)) : -1);
    std::uint64_t count = 0;
    static_cast<void>(::read(event_, &count, sizeof count));
  }

  void accept_links() {
    const int client = ::accept4(listener_.descriptor, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    attempts.push_back(Clock::now());
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(server_port_);
    if (refusing ||
        ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      reset(client);
      ::close(server);
      return;
    }
    make_quick(client);
    make_quick(server);
    Link link;
    link.flows[static_cast<std::size_t>(Direction::to_broker)].from = client;
    link.flows[static_cast<std::size_t>(Direction::to_broker)].to = server;
    link.flows[static_cast<std::size_t>(Direction::to_client)].from = server;
    link.flows[static_cast<std::size_t>(Direction::to_client)].to = client;
    links_.push_back(std::move(link));
  }

  void move(Link& link) {
    for (std::size_t way = 0; way < 2; ++way) {
      if (blocked[way]) continue;
      auto& flow = link.flows[way];
      if (!read(flow) || !write(flow)) link.broken = true;
    }
  }

  // False where the connection is broken.
  bool read(Flow& flow) {
    if (flow.ended || flow.held_bytes >= kMostHeld) return true;
    std::array<char, 16384> bytes;
    const auto count = ::recv(flow.from, bytes.data(), bytes.size(), 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) {
      flow.ended = true;
      return true;
    }
    hold(flow, {bytes.data(), static_cast<std::size_t>(count)});
    return true;
  }

  void hold(Flow& flow, std::string_view bytes) {
    const auto most = shape.segment > 0 ? shape.segment : bytes.size();
    std::uniform_int_distribution<milliseconds::rep> jitter(-shape.jitter.count(),
                                                            shape.jitter.count());
    const auto earliest = Clock::now() + shape.latency + milliseconds(jitter(random_));
    while (!bytes.empty()) {
      const auto part = bytes.substr(0, most);
      bytes.remove_prefix(part.size());
      auto due = std::max(earliest, flow.last_due);
      if (shape.bytes_per_second > 0) {
        due += std::chrono::nanoseconds(1'000'000'000 * part.size() / shape.bytes_per_second);
      }
      flow.last_due = due;
      flow.held_bytes += part.size();
      flow.held.push_back({due, std::string(part)});
    }
  }

  static bool write(Flow& flow) {
    const auto now = Clock::now();
    while (!flow.held.empty() && flow.held.front().due <= now) {
      auto& bytes = flow.held.front().bytes;
      const auto count = ::send(flow.to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0) return errno == EAGAIN || errno == EINTR;
      flow.held_bytes -= static_cast<std::size_t>(count);
      bytes.erase(0, static_cast<std::size_t>(count));
      if (!bytes.empty()) return true;
      flow.held.pop_front();
    }
    if (flow.ended && flow.held.empty() && !std::exchange(flow.end_passed_on, true)) {
      ::shutdown(flow.to, SHUT_WR);
    }
    return true;
  }

  const std::uint16_t server_port_;
  const Listener listener_;
  const int event_;
  std::atomic<bool> stopping_ = false;
  std::vector<Link> links_;
  std::minstd_rand random_{std::random_device{}()};
  std::thread thread_;
};

RoughWire::RoughWire(std::uint16_t server_port) : loop_(std::make_unique<Loop>(server_port)) {}
RoughWire::~RoughWire() = default;

std::uint16_t RoughWire::port() const noexcept {
  return loop_->port();
}
std::string RoughWire::url() const {
  return "mqtt://localhost:" + std::to_string(port());
}

void RoughWire::shape(const Shape& shape) {
  const std::lock_guard lock(loop_->mutex);
  loop_->shape = shape;
}

void RoughWire::block(Direction direction, bool on) {
  {
    const std::lock_guard lock(loop_->mutex);
    loop_->blocked.at(static_cast<std::size_t>(direction)) = on;
  }
  loop_->changed();
}

void RoughWire::refuse(bool on) {
  const std::lock_guard lock(loop_->mutex);
  loop_->refusing = on;
}

void RoughWire::cut() {
  {
    const std::lock_guard lock(loop_->mutex);
    loop_->reset_all();
  }
  loop_->changed();
}

std::vector<Clock::time_point> RoughWire::attempts() const {
  const std::lock_guard lock(loop_->mutex);
  return loop_->attempts;
}

}  // namespace millrace::test
