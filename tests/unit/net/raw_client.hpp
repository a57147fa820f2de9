// RawClient: a TCP client that sends whatever bytes it is told.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

/// One connection to a port of 127.0.0.1. Every wait has an end (10 s), and then the test fails.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(std::string_view bytes);

  /// Header and body of the next response, by its Content-Length.
  [[nodiscard]] std::string response();

  /// Only the header, as a response to HEAD has it.
  [[nodiscard]] std::string header();

  /// All that comes until the other side closes.
  [[nodiscard]] std::string rest();

  /// Whether the other side closes within `time`, throwing away what comes until then.
  [[nodiscard]] bool closed_within(std::chrono::milliseconds time);

  /// Whether the other side has ended the connection with a reset, which may cost the client what
  /// it has not read yet.
  [[nodiscard]] bool was_reset() const { return reset_; }

  /// Nothing more is going to be sent.
  void finish();

 private:
  /// False at the end of the stream or of the time.
  bool read_more(std::chrono::milliseconds time);

  int fd_;
  std::string buffer_;
  bool reset_ = false;
};

/// Descriptors that this process has open.
[[nodiscard]] std::size_t open_descriptors();

}  // namespace millrace
