// Payload: immutable bytes, shared instead of copied.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {

/// A view into bytes that it keeps alive. Copying one costs a reference count, never the bytes.
///
/// Threads: as `std::shared_ptr<const …>`: distinct objects may be used from any threads.
/// Lifetime: the bytes live as long as any payload that was made from them.
class Payload {
 public:
  Payload() = default;

  explicit Payload(std::string bytes)
      : Payload(std::make_shared<const std::string>(std::move(bytes))) {}

  explicit Payload(std::shared_ptr<const std::string> owner) : owner_(std::move(owner)) {
    if (owner_) view_ = *owner_;
  }

  [[nodiscard]] std::string_view view() const noexcept { return view_; }
  [[nodiscard]] std::size_t size() const noexcept { return view_.size(); }
  [[nodiscard]] bool empty() const noexcept { return view_.empty(); }

  /// `count` bytes from `offset`, sharing this payload's bytes; clipped to its end.
  [[nodiscard]] Payload slice(std::size_t offset,
                              std::size_t count = std::string_view::npos) const {
    Payload part;
    part.owner_ = owner_;
    part.view_ = offset < view_.size() ? view_.substr(offset, count) : std::string_view{};
    return part;
  }

  /// The bytes as an owned string: shared where this payload is all of its owner, else copied.
  [[nodiscard]] std::shared_ptr<const std::string> share() const {
    if (owner_ && owner_->size() == view_.size()) return owner_;
    return std::make_shared<const std::string>(view_);
  }

 private:
  std::shared_ptr<const std::string> owner_;
  std::string_view view_;
};

}  // namespace millrace
