#include "source/tcp_source.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <future>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>

#include "config/value.hpp"
#include "net/descriptor_limit.hpp"
#include "net/http_address.hpp"
#include "net/tcp_listener.hpp"
#include "net/tls_server.hpp"
#include "source/tcp_flow.hpp"
#include "source/tcp_session.hpp"

namespace millrace {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;

constexpr std::size_t kLargestRead = 65536;
// What the process needs beside its connections.
constexpr std::uint64_t kOtherDescriptors = 256;

// A journal in memory must be able to take one when it is empty to a quarter, at low water: what
// was refused would else be refused again at once.
std::size_t block_size(const Config& config) {
  if (config.journal.durability != Durability::off) return kLargestRead;
  return std::clamp<std::size_t>(config.limits.in_flight_bytes / 4, 256, kLargestRead);
}

std::string random_start() {
  std::array<char, 9> text{};
  (void)std::snprintf(text.data(), text.size(), "%08x", std::random_device{}());
  return text.data();
}

asio::ip::address plain(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

class TcpSource final : public Source {
 public:
  TcpSource(const Config& config, const Url& url, Observer& observer, const TcpTiming& timing)
      : config_(config.source),
        most_(config.limits.connections),
        timing_(timing),
        observer_(observer),
        tls_(config_.tls.cert.empty() ? nullptr : make_tls_server(config_.tls, "source")),
        block_(block_size(config)),
        listener_(io_, {url.host, url.port}, config_.reconnect, listener_events()),
        ticker_(io_) {}

  // NOLINTNEXTLINE(bugprone-exception-escape): a process that has no memory left to end, ends here.
  ~TcpSource() override { TcpSource::stop(); }
  TcpSource(const TcpSource&) = delete;
  TcpSource& operator=(const TcpSource&) = delete;

  void start(Intake& intake) override {
    intake_ = &intake;
    flow_ = std::make_unique<TcpFlow>(io_, intake, block_);
    if (const auto can = allow_descriptors(most_ + kOtherDescriptors); can <= most_) {
      say(Severity::warning, "limits.connections = " + std::to_string(most_) +
                                 ": the process may have only " + std::to_string(can) +
                                 " descriptors (ulimit -n); clients beyond those are refused");
    }
    asio::co_spawn(io_, listener_.run(), asio::detached);
    asio::co_spawn(io_, watch(), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
    pthread_setname_np(thread_.native_handle(), "tcp");
  }

  void pause() override {
    on_io([this] {
      flow_->pause();
      paused_ = true;
      report();
    });
  }

  void resume() override {
    on_io([this] {
      paused_ = false;
      report();
      flow_->resume();
    });
  }

  void stop() override {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
      stopping_ = true;
      listener_.close();
      ticker_.cancel();
      for (auto& [stream, session] : sessions_) session->end({TcpEnd::stopped, "closed: stopping"});
    });
    thread_.join();
  }

  void close_stream(const std::string& stream) override {
    asio::post(io_, [this, stream] {
      const auto found = sessions_.find(stream);
      if (found == sessions_.end()) return;
      found->second->end({TcpEnd::unframeable,
                          "closed: its bytes cannot be framed any further; its dead letter says "
                          "why"});
    });
  }

  void reload_tls(const TlsConfig& tls) override {
    if (tls.cert.empty()) return;
    asio::post(io_, [this, context = make_tls_server(tls, "source")]() mutable {
      tls_ = std::move(context);
    });
  }

 private:
  using Sessions = std::unordered_map<std::string, std::unique_ptr<TcpSession>>;

  TcpListener::Events listener_events() {
    return {.listening =
                [this](const ListenAddress& at) {
                  problem_.clear();
                  listening_ = true;
                  report();
                  say(Severity::info, "listening on " + to_string(at) + (tls_ ? " with TLS" : ""));
                },
            .failed =
                [this](const std::string& problem) {
                  problem_ = problem;
                  report();
                },
            .accepted = [this](tcp::socket socket) { admit(std::move(socket)); },
            .stalled = [this](const std::string& problem) { say(Severity::warning, problem); }};
  }

  void admit(tcp::socket socket) {
    boost::system::error_code gone;
    const auto peer = socket.remote_endpoint(gone);
    if (gone || stopping_) return;
    const auto host = plain(peer.address()).to_string();
    if (sessions_.size() >= most_) {
      say(Severity::warning, to_string({host, peer.port()}) +
                                 " refused: limits.connections = " + std::to_string(most_) +
                                 " are open (" + std::to_string(++refused_) + " so far)");
      return;
    }
    const std::string stream = "tcp/" + host + '/' + std::to_string(peer.port()) + '/' + start_ +
                               '-' + std::to_string(++count_);
    auto& session = *sessions_
                         .emplace(stream, std::make_unique<TcpSession>(stream, std::move(socket),
                                                                       tls_.get(), *flow_))
                         .first->second;
    say(Severity::debug, stream + ": accepted");
    asio::co_spawn(io_, session.serve(),
                   [this, stream](const std::exception_ptr& thrown, const TcpEnding& ending) {
                     ended(stream,
                           thrown ? TcpEnding{TcpEnd::lost, "lost: out of memory"} : ending);
                   });
  }

  void ended(const std::string& stream, const TcpEnding& ending) {
    const auto session = sessions_.extract(stream);
    session.mapped()->cut();
    const auto times = ++ended_[ending.why];
    const bool usual = ending.why == TcpEnd::by_client || ending.why == TcpEnd::stopped;
    say(usual ? Severity::debug : Severity::warning,
        stream + ": " + ending.text + " (" + std::to_string(times) + " so far)");
  }

  // Deadlines. A gap in our own running (a stopped process, a suspended machine) counts no more
  // than two ticks.
  asio::awaitable<void> watch() {
    const auto idle = config_.idle_timeout;
    const bool never = idle.count() == 0;
    const auto shortest = never ? timing_.handshake : std::min(idle, timing_.handshake);
    const milliseconds tick = std::clamp(shortest / 8, milliseconds(5), milliseconds(1000));
    auto last = std::chrono::steady_clock::now();
    while (!stopping_) {
      ticker_.expires_after(tick);
      co_await ticker_.async_wait(asio::as_tuple(asio::use_awaitable));
      const auto now = std::chrono::steady_clock::now();
      flow_->passed(
          std::min(std::chrono::duration_cast<Duration>(now - std::exchange(last, now)), 2 * tick));
      for (auto& [stream, session] : sessions_) {
        if (session->handshake_for() > timing_.handshake) {
          session->end({TcpEnd::no_handshake, "no TLS handshake in time"});
        } else if (!never && session->idle_for() >= idle) {
          session->end({TcpEnd::idle, "closed: nothing came for " + format_duration(idle) +
                                          " (source.idle_timeout)"});
        }
      }
    }
  }

  void report() {
    if (!listening_) {
      intake_->state(
          {false, false, problem_.empty() ? "not yet listening" : problem_, problem_.empty()});
    } else if (paused_) {
      intake_->state({false, false, "paused", true});
    } else {
      intake_->state({true, true, {}});
    }
  }

  void say(Severity severity, const std::string& text) {
    observer_.notice({severity, "source", text});
  }

  template <typename Task>
  void on_io(Task task) {
    std::promise<void> done;
    asio::post(io_, [&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

  const SourceConfig config_;
  const std::size_t most_;
  const TcpTiming timing_;
  Observer& observer_;
  TlsContext tls_;  // its sessions hold on to it
  const std::size_t block_;
  const std::string start_ = random_start();
  Intake* intake_ = nullptr;

  asio::io_context io_{1};
  TcpListener listener_;
  asio::steady_timer ticker_;
  std::unique_ptr<TcpFlow> flow_;  // from `start` on
  Sessions sessions_;              // by stream
  std::uint64_t count_ = 0;
  std::uint64_t refused_ = 0;
  std::map<TcpEnd, std::uint64_t> ended_;
  std::string problem_;  // why it does not listen
  bool listening_ = false;
  bool paused_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

SourcePtr make_tcp_source(const Config& config, const Url& url, Observer& observer,
                          const TcpTiming& timing) {
  return std::make_unique<TcpSource>(config, url, observer, timing);
}

}  // namespace millrace
