#include "exec/message.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace millrace {
namespace {

constexpr std::size_t kRights = sizeof(int) * kPassed;

bool send(int socket, const msghdr& message, int flags) noexcept {
  for (;;) {
    if (::sendmsg(socket, &message, flags | MSG_NOSIGNAL) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

bool receive(int socket, msghdr& message, std::size_t size) noexcept {
  for (;;) {
    const auto received = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (received >= 0) return static_cast<std::size_t>(received) == size;
    if (errno != EINTR) return false;
  }
}

}  // namespace

bool send_request(int socket, const SpawnRequest& request, int flags) noexcept {
  SpawnRequest copy = request;
  iovec bytes{&copy, sizeof copy};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  return send(socket, message, flags);
}

bool receive_request(int socket, SpawnRequest& request) noexcept {
  iovec bytes{&request, sizeof request};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  return receive(socket, message, sizeof request);
}

bool send_answer(int socket, const SpawnAnswer& answer,
                 const PassedDescriptors* descriptors) noexcept {
  SpawnAnswer copy = answer;
  iovec bytes{&copy, sizeof copy};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kRights)> control{};
  if (descriptors != nullptr) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(kRights);
    std::array<int, kPassed> numbers{};
    for (std::size_t i = 0; i < kPassed; ++i) numbers[i] = (*descriptors)[i].get();
    std::memcpy(CMSG_DATA(header), numbers.data(), kRights);
  }
  return send(socket, message, 0);
}

bool receive_answer(int socket, SpawnAnswer& answer, PassedDescriptors& descriptors) noexcept {
  iovec bytes{&answer, sizeof answer};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kRights)> control{};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (!receive(socket, message, sizeof answer)) return false;
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) return true;
  // Fewer come where this process may open no more of them (unix(7)).
  std::array<int, kPassed> numbers{};
  numbers.fill(-1);
  std::memcpy(numbers.data(), CMSG_DATA(header), header->cmsg_len - CMSG_LEN(0));
  for (std::size_t i = 0; i < kPassed; ++i) descriptors[i] = OwnedFd(numbers[i]);
  if ((message.msg_flags & MSG_CTRUNC) != 0) answer.error = EMFILE;
  return true;
}

}  // namespace millrace
