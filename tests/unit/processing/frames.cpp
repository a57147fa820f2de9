#include "unit/processing/frames.hpp"

#include <utility>

namespace millrace::test {
namespace {

struct InWords {
  std::string operator()(const Result& result) const {
    return "result: " + std::string(result.payload.view());
  }
  std::string operator()(const Filtered&) const { return "filtered"; }
  std::string operator()(const Rejected& rejected) const { return "rejected: " + rejected.cause; }
  std::string operator()(const Failed& failed) const { return "failed: " + failed.cause; }
};

}  // namespace

Frame whole_frame(std::string payload) {
  Frame frame;
  frame.stream = "events/a";
  frame.raw = Payload(std::move(payload));
  frame.payload = frame.raw;
  return frame;
}

Frame digest_frame(const std::string& length, const std::string& digest,
                   const std::string& payload) {
  Frame frame;
  frame.stream = "events/a";
  frame.raw = Payload(length + digest + payload);
  frame.digest = frame.raw.slice(length.size(), digest.size());
  frame.payload = frame.raw.slice(length.size() + digest.size());
  return frame;
}

Attempt attempt() {
  Attempt attempt;
  attempt.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  return attempt;
}

Attempt stopped_attempt() {
  std::stop_source stop;
  stop.request_stop();
  Attempt attempt;
  attempt.deadline = std::chrono::steady_clock::now();
  attempt.stop = stop.get_token();
  return attempt;
}

std::string words(const Verdict& verdict) {
  return std::visit(InWords{}, verdict);
}

std::string process(Processor& processor, std::string payload) {
  return words(processor.process(whole_frame(std::move(payload)), attempt()));
}

}  // namespace millrace::test
