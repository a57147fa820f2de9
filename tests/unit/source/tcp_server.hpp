// TcpServer: a TCP source that a test talks to.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "source/tcp_source.hpp"
#include "unit/net/raw_client.hpp"
#include "unit/source/recording_intake.hpp"

namespace millrace {

/// Keeps what an operator would read.
class NoticeBook final : public Observer {
 public:
  void notice(const Notice& notice) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(notice.text);
    changed_.notify_all();
  }

  /// The first line with this in it; empty where none comes within 10 s.
  [[nodiscard]] std::string wait_for(const std::string& part) {
    std::unique_lock lock(mutex_);
    std::string found;
    changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      for (const auto& line : lines_) {
        if (line.find(part) != std::string::npos) found = line;
      }
      return !found.empty();
    });
    return found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

/// Started at a free port of 127.0.0.1.
class TcpServer {
 public:
  explicit TcpServer(Config config = {}, std::uint16_t port = 0, TcpTiming timing = {})
      : source(make_tcp_source(config, url_of(port), book, timing)) {
    source->start(intake);
  }

  [[nodiscard]] std::uint16_t port() {
    const std::string line = book.wait_for("listening on ");
    return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
  }

  [[nodiscard]] std::unique_ptr<RawClient> client() { return std::make_unique<RawClient>(port()); }

  /// What came on the `number`th connection, from 1.
  [[nodiscard]] std::string bytes_of(int number) const {
    std::string bytes;
    for (const auto& chunk : intake.chunks()) {
      if (is_of(chunk.stream, number)) bytes += chunk.bytes.view();
    }
    return bytes;
  }

  /// The key of the `number`th connection; empty as long as nothing came on it.
  [[nodiscard]] std::string stream_of(int number) const {
    for (const auto& chunk : intake.chunks()) {
      if (is_of(chunk.stream, number)) return chunk.stream;
    }
    return {};
  }

  RecordingIntake intake;
  NoticeBook book;
  SourcePtr source;

 private:
  static Url url_of(std::uint16_t port) {
    Url url;
    url.host = "127.0.0.1";
    url.port = port;
    return url;
  }

  static bool is_of(const std::string& stream, int number) {
    return stream.ends_with("-" + std::to_string(number));
  }
};

}  // namespace millrace
