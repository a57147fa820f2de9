// OwnedFd: a file descriptor that is closed once.
#pragma once

#include <unistd.h>

#include <utility>

namespace millrace {

/// Threads: as an `int`. Lifetime: closes what it holds.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int number) noexcept : number_(number) {}
  ~OwnedFd() { close(); }
  OwnedFd(OwnedFd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    if (this != &other) {
      close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }

  /// -1: none.
  [[nodiscard]] int get() const noexcept { return number_; }

  void close() noexcept {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_ = -1;
};

}  // namespace millrace
