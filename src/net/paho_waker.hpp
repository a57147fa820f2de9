// PahoWaker: makes Paho's receive thread look around.
#pragma once

#include <memory>

namespace millrace {

/// A Paho client that is connected to nobody but us, so that its socket can be made readable.
///
/// Paho C (1.3.12, 1.3.14) has one receive thread for all clients, and it sleeps up to a second in
/// `poll` on what can be read: it sees neither a new socket nor a finished TCP connect meanwhile.
/// Connecting takes 1 to 2 s then, and 10 to 20 ms when something can be read every few
/// milliseconds. After a `poll` that came to nothing it sleeps 0.1 s more, deaf to messages.
///
/// The connection is one over 127.0.0.1, whose listener is closed as soon as it is made. Where that
/// is not possible, connecting takes its second.
///
/// Threads: `wake` from any.
/// Lifetime: while somebody holds it, Paho keeps its threads: stopping them takes a while, and
/// happens when the last client is destroyed.
class PahoWaker {
 public:
  PahoWaker();
  ~PahoWaker();
  PahoWaker(const PahoWaker&) = delete;
  PahoWaker& operator=(const PahoWaker&) = delete;

  /// The one of this process, made by the first who asks and gone with the last who holds it.
  [[nodiscard]] static std::shared_ptr<PahoWaker> shared();

  void wake() const noexcept;

 private:
  class Client;
  std::unique_ptr<Client> client_;
  int peer_ = -1;
};

}  // namespace millrace
