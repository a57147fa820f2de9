// TapClient: looks on at a running millrace.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "net/http_address.hpp"
#include "observability/tap_queue.hpp"

namespace millrace {

/// One connection to `/tap`.
///
/// Threads: `run` on one; `stop` on any. Errors: values.
class TapClient {
 public:
  /// Hears a message; whether more is wanted.
  using Hear = std::function<bool(const std::string& message)>;

  TapClient(const ListenAddress& address, const std::string& token, const TapWish& wish);
  ~TapClient();
  TapClient(const TapClient&) = delete;
  TapClient& operator=(const TapClient&) = delete;

  /// Until nothing more is wanted, `stop` is called, or the other side ends it. Empty, or why it
  /// could not begin or go on, in half a line.
  [[nodiscard]] std::string run(const Hear& hear);

  /// Makes `run` return, also one that is still to come.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace
