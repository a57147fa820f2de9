// Reload: SIGHUP, the configuration again in a running millrace.
#pragma once

#include <functional>

#include "millrace/config.hpp"
#include "millrace/observer.hpp"

namespace millrace {

/// Reads the whole configuration again, checks it, and takes over what can change while events are
/// under way: `log.level`, and the TLS files of both ends for the connections made from now on,
/// also where only their contents have changed. Each other key that differs is named, and keeps its
/// old value. Where anything is wrong nothing changes, and one line says what.
///
/// Threads: one at a time. Errors: told to the observer.
/// Lifetime: `observer` and what the functions use outlive it.
class Reload {
 public:
  struct Parts {
    std::function<Config()> load;  ///< throws what a configuration that cannot work throws
    std::function<void(LogLevel)> set_log_level;
    /// Has every connection made from now on read the files of `source.tls` and `sink.tls`.
    std::function<void(const Config&)> reload_tls;
  };

  Reload(Config running, Parts parts, Observer& observer);

  void operator()();

 private:
  void take(const Config& wanted);
  void set_log_level(LogLevel level);
  void say(Severity severity, const std::string& text);

  Config running_;
  const Parts parts_;
  Observer& observer_;
};

}  // namespace millrace
