// WholeFramer: every chunk is a frame.
#pragma once

#include <optional>

#include "millrace/config.hpp"
#include "millrace/framer.hpp"

namespace millrace {

/// `whole`: a message is a frame, also an empty one. A message over `frame_bytes` is a defect; as
/// the next message stands for itself, that ends no stream.
class WholeFramer final : public Framer {
 public:
  explicit WholeFramer(ByteCount frame_bytes) : frame_bytes_(frame_bytes) {}

  void push(Payload chunk) override;
  [[nodiscard]] std::optional<Piece> pop() override;
  [[nodiscard]] std::optional<Piece> end(const std::string& why) override;
  [[nodiscard]] std::size_t buffered() const noexcept override { return 0; }

 private:
  ByteCount frame_bytes_;
  std::optional<Payload> message_;
};

}  // namespace millrace
