// libFuzzer: whatever a worker writes is one reply or one line that says why it is none; what a
// worker is told about an event repeats every byte of it.
#include <cstdint>
#include <string>
#include <variant>

#include "event/event_id.hpp"
#include "event/utf8.hpp"
#include "exec/protocol.hpp"
#include "fuzz/check.hpp"

namespace {

using namespace millrace;
using fuzz::require;

constexpr std::size_t kLongestCause = 4096 + 16;  // and that it was cut

void check_cause(const std::string& cause) {
  require(cause.size() <= kLongestCause, "a cause is cut");
  require(is_utf8(cause), "a cause is valid UTF-8");
}

void check_reply(const std::string& line) {
  const auto parsed = parse_reply(line);
  if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
    fuzz::require_one_line(error->why);
    return;
  }
  const auto& verdict = std::get<WorkerReply>(parsed).verdict;
  if (const auto* rejected = std::get_if<Rejected>(&verdict)) check_cause(rejected->cause);
  if (const auto* failed = std::get_if<Failed>(&verdict)) check_cause(failed->cause);
}

// A worker that sends back what it was told has repeated the payload.
void check_request(const std::string& bytes) {
  Frame frame;
  frame.id = {0x5f3a9c01, bytes.size(), 1};
  frame.stream = bytes.substr(0, bytes.size() / 2);
  frame.payload = Payload(bytes);
  std::string line = request_line(frame, 1);
  require(line.ends_with('\n') && line.find('\n') + 1 == line.size(), "a request is one line");
  line.pop_back();
  require(line.size() <= longest_reply(bytes.size()), "an echo is not too long");
  const auto parsed = parse_reply(line);
  const auto* reply = std::get_if<WorkerReply>(&parsed);
  require(reply != nullptr, "an echo is a reply", line);
  require(reply->id == to_string(frame.id), "an echo has the event's id", line);
  const auto* result = std::get_if<Result>(&reply->verdict);
  require(result != nullptr && result->payload.view() == bytes, "an echo has every byte", line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  check_reply(bytes);
  check_request(bytes);
  return 0;
}
