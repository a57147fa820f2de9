#include "pipeline/feeder.hpp"

#include <pthread.h>

#include <utility>

namespace millrace {

Feeder::Feeder(const Journal& journal, Credits& credits, const FramingStage& framing,
               std::function<void()> put_token)
    : journal_(journal), credits_(credits), framing_(framing), put_token_(std::move(put_token)) {}

void Feeder::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "feeder");
}

void Feeder::nudge() noexcept {
  nudged_.store(true);
  wake();
}

void Feeder::token_done() noexcept {
  tokens_.fetch_sub(1);
  // An entry that came while this token was at work was left to it, and it may have been too late.
  if (framing_.leftover() || journal_.unread() > 0) wake();
}

void Feeder::stop() {
  stopping_.store(true);
  wake();
  if (thread_.joinable()) thread_.join();
}

bool Feeder::has_work() const noexcept {
  return tokens_.load() > 0 || framing_.leftover() || journal_.unread() > 0;
}

void Feeder::run() {
  while (!stopping_.load()) {
    const auto seen = wakeup_.seen();
    if (wants_token() && credits_.take()) {
      nudged_.store(false);
      tokens_.fetch_add(1);
      put_token_();
    } else if (!stopping_.load()) {
      wakeup_.wait(seen);
    }
  }
}

// As many tokens at a time as there are entries to look at; more only where one entry holds several
// frames. So a single message costs a single token.
bool Feeder::wants_token() noexcept {
  if (framing_.blocked() || !credits_.available()) return false;
  return tokens_.load() < journal_.unread() || framing_.leftover() || nudged_.load();
}

}  // namespace millrace
