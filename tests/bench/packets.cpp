// bench_packets: sends packets (or lines) over TCP, reads what comes out of the subject's standard
// output, and says in one line of JSON how that went. It is the same for every subject.
//
//   subject | bench_packets KEY=VALUE …       the subject's stdout is this one's stdin
//     port               of the subject on 127.0.0.1
//     kind=packets       `>I16s` (length, MD5), payload; the result is the packet and a line feed
//          lines         numbers; the result is the line
//     connections, count, bytes
//                        in all so many, of so many bytes of payload, sent as fast as they are
//                        taken
//     rate               … or so many a second (0: as fast as they are taken)
//     small              packets of 64 bytes on a connection of their own, `small_rate` a second,
//                        whose latency is measured, from when one was due; the others go on until
//                        all of these are back
//
// A packet's MD5 tells which one it is; payloads are random, made before the start. Every
// connection must give its packets back in order.
//
// Threads: one sends on each connection, main reads.
// Errors: exit 1, with the reason on stderr, also when nothing has come for 60 s.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "bench/pace.hpp"

namespace {

constexpr std::size_t kHeader = 20;
constexpr std::size_t kDigest = 16;
constexpr std::size_t kSmall = 64;        // bytes
constexpr std::size_t kBuffer = 1 << 18;  // of the reader
constexpr int kPatience = 60'000;         // ms
constexpr int kPipe = 1 << 20;
constexpr std::size_t kDifferent = 16;  // packets of one connection, again and again

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Options {
  std::map<std::string, std::string> values{
      {"kind", "packets"}, {"connections", "1"}, {"count", "0"},       {"bytes", "1024"},
      {"rate", "0"},       {"small", "0"},       {"small_rate", "200"}};

  Options(int count, char** arguments) {
    for (int i = 1; i < count; ++i) {
      const std::string argument = arguments[i];
      const auto equals = argument.find('=');
      if (equals == std::string::npos) throw std::runtime_error("not KEY=VALUE: " + argument);
      values.insert_or_assign(argument.substr(0, equals), argument.substr(equals + 1));
    }
  }
  int number(const std::string& key) const { return std::stoi(values.at(key)); }
};

std::string packet(std::mt19937& random, std::size_t size) {
  std::string payload(size, '\0');
  for (auto& byte : payload) byte = static_cast<char>(random());
  std::array<unsigned char, kDigest> digest{};
  if (EVP_Digest(payload.data(), size, digest.data(), nullptr, EVP_md5(), nullptr) != 1) {
    throw std::runtime_error("no MD5");
  }
  const auto length = htonl(static_cast<std::uint32_t>(size));
  std::string bytes(kHeader, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  std::memcpy(bytes.data() + sizeof length, digest.data(), digest.size());
  return bytes + payload;
}

/// A client, and what it sends.
class Connection {
 public:
  Connection(const Options& options, int number, bool small, int count)
      : count_(count), rate_(options.number(small ? "small_rate" : "rate")), small_(small) {
    std::mt19937 random(static_cast<unsigned>(number));
    if (options.values.at("kind") == "packets") {
      const auto size = small ? kSmall : static_cast<std::size_t>(options.number("bytes"));
      for (std::size_t i = 0; i < kDifferent; ++i) packets_.push_back(packet(random, size));
    }
    connect(options.number("port"));
  }
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] const std::vector<std::string>& packets() const { return packets_; }
  [[nodiscard]] bool small() const { return small_; }
  [[nodiscard]] int count() const { return count_; }

  /// `due` hears of each packet that has a time.
  template <typename Due>
  void run(const std::atomic<bool>& stop, Due&& due) {
    std::string lines;
    if (rate_ > 0) {
      bench::Pace pace(rate_);
      for (int i = 0; i < count_ && !stop; ++i) {
        due(i, pace.next());
        send(packets_[static_cast<std::size_t>(i) % kDifferent]);
      }
      return;
    }
    for (int i = 0; i < count_ && !stop; ++i) {
      if (!packets_.empty()) {
        send(packets_[static_cast<std::size_t>(i) % kDifferent]);
        continue;
      }
      lines += std::to_string(i) + '\n';
      if (lines.size() < 4096 && i + 1 < count_) continue;
      send(lines);
      lines.clear();
    }
  }

  /// The receiver has all it wanted: what stands in the way is dropped.
  void hang_up() const { ::shutdown(fd_, SHUT_RDWR); }

 private:
  void connect(int port) {
    if (fd_ < 0) fail("socket");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      fail("connect");
    }
  }

  void send(const std::string& bytes) const {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const auto size = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (size < 0 && errno != EINTR) return;  // hung up
      if (size > 0) sent += static_cast<std::size_t>(size);
    }
  }

  const int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int count_;
  const int rate_;
  const bool small_;
  std::vector<std::string> packets_;
};

/// Standard input, of which long payloads are thrown away without a copy.
class Output {
 public:
  Output() : buffer_(kBuffer), null_(::open("/dev/null", O_WRONLY | O_CLOEXEC)) {
    ::fcntl(STDIN_FILENO, F_SETPIPE_SZ, kPipe);
  }
  ~Output() { ::close(null_); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// The next bytes, so many; valid until the next call.
  std::string_view take(std::size_t size) {
    while (end_ - begin_ < size) more();
    begin_ += size;
    return {buffer_.data() + begin_ - size, size};
  }

  std::string_view line() {
    for (std::size_t size = 0;; ++size) {
      while (begin_ + size == end_) more();
      if (buffer_[begin_ + size] != '\n') continue;
      const auto text = take(size + 1);
      return text.substr(0, size);
    }
  }

  void skip(std::size_t size) {
    const auto held = std::min(size, end_ - begin_);
    begin_ += held;
    size -= held;
    while (size > kBuffer) {
      wait();
      const auto gone = ::splice(STDIN_FILENO, nullptr, null_, nullptr, size, SPLICE_F_MOVE);
      if (gone <= 0) fail("splice");
      size -= static_cast<std::size_t>(gone);
    }
    if (size > 0) take(size);
  }

 private:
  static void wait() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, kPatience) == 0) throw std::runtime_error("nothing comes any more");
  }

  void more() {
    if (begin_ > 0) {
      std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    wait();
    const auto size = ::read(STDIN_FILENO, buffer_.data() + end_, buffer_.size() - end_);
    if (size <= 0) throw std::runtime_error("the subject's output has ended");
    end_ += static_cast<std::size_t>(size);
  }

  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  const int null_;
};

class Run {
 public:
  explicit Run(const Options& options) : options_(options) {
    const int small = options.number("small");
    const int count = options.number("count");
    const int connections = options.number("connections");
    if (small > 0) add(true, small);
    for (int i = 0; i < connections; ++i) {
      // Beside small ones there is no end to the others.
      add(false, small > 0 ? 1 << 30 : count / connections);
    }
    wanted_ = small > 0 ? small : count / connections * connections;
    due_ = std::vector<std::atomic<std::int64_t>>(static_cast<std::size_t>(small));
  }

  void run() {
    const auto start = bench::now();
    std::vector<std::jthread> senders;
    for (auto& connection : connections_) {
      senders.emplace_back([this, &connection] {
        connection->run(done_, [&](int index, std::int64_t due) {
          if (connection->small()) due_[static_cast<std::size_t>(index)] = due;
        });
      });
    }
    receive();
    const auto seconds = static_cast<double>(bench::now() - start) / 1e9;
    done_ = true;
    for (const auto& connection : connections_) connection->hang_up();
    senders.clear();
    print(seconds);
  }

 private:
  void add(bool small, int count) {
    const auto number = connections_.size();
    connections_.push_back(
        std::make_unique<Connection>(options_, static_cast<int>(number), small, count));
    const auto& packets = connections_.back()->packets();
    for (std::size_t i = 0; i < packets.size(); ++i) {
      known_[packets[i].substr(sizeof(std::uint32_t), kDigest)] = {number, i};
    }
    came_.push_back(0);
  }

  void receive() {
    const bool lines = options_.values.at("kind") == "lines";
    for (int got = 0; got < wanted_;) got += lines ? take_line() : take_packet();
  }

  // Answers how much closer to the end that has brought it.
  int take_line() {
    if (output_.line() != std::to_string(came_[0])) ++disordered_;
    ++came_[0];
    ++results_;
    return 1;
  }

  int take_packet() {
    const std::string header(output_.take(kHeader));
    std::uint32_t length = 0;
    std::memcpy(&length, header.data(), sizeof length);
    const auto known = known_.find(header.substr(sizeof length));
    if (known == known_.end()) throw std::runtime_error("a result that was never sent");
    output_.skip(ntohl(length) + 1);
    const auto [number, index] = known->second;
    const auto came = came_[number]++;
    if (came % kDifferent != index) ++disordered_;
    ++results_;
    const bool small = connections_[number]->small();
    if (small) latencies_.push_back(bench::now() - due_[came]);
    return small || options_.number("small") == 0 ? 1 : 0;
  }

  double latency(double share) {  // microseconds
    if (latencies_.empty()) return 0;
    const auto rank =
        static_cast<std::ptrdiff_t>(share * static_cast<double>(latencies_.size() - 1));
    std::nth_element(latencies_.begin(), latencies_.begin() + rank, latencies_.end());
    return static_cast<double>(latencies_[static_cast<std::size_t>(rank)]) / 1e3;
  }

  void print(double seconds) {
    std::printf(
        "{\"seconds\": %.6f, \"results\": %zu, \"disordered\": %d, \"p50\": %.1f, \"p99\": %.1f}\n",
        seconds, results_, disordered_, latency(0.5), latency(0.99));
  }

  const Options& options_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::map<std::string, std::pair<std::size_t, std::size_t>> known_;  // by digest
  std::vector<std::size_t> came_;                                     // of each connection
  std::vector<std::atomic<std::int64_t>> due_;
  std::vector<std::int64_t> latencies_;
  Output output_;
  std::atomic<bool> done_ = false;
  std::size_t results_ = 0;
  int wanted_ = 0;
  int disordered_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  try {
    const Options options(count, arguments);
    Run(options).run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_packets: %s\n", error.what());
    return 1;
  }
}
