#include "observability/tap_message.hpp"

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "event/event_id.hpp"
#include "event/text_form.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr std::array<std::string_view, 4> kFates{"result", "filtered", "rejected", "failed"};

double tap_seconds(std::chrono::system_clock::time_point time) {
  const auto since = duration_cast<microseconds>(time.time_since_epoch());
  return static_cast<double>(since.count()) / 1e6;
}

double tap_seconds(EventTrace::Clock::time_point time, const TapMoment& now) {
  return tap_seconds(now.system +
                     duration_cast<std::chrono::system_clock::duration>(time - now.steady));
}

void add_outcome(Json& message, const EventTrace& trace, const TapMoment& now) {
  message["kind"] = kFates[static_cast<std::size_t>(trace.fate)];
  message["cause"] = trace.cause;
  message["dropped"] = trace.dropped;
  message["worker"] = trace.attempts > 0 ? Json(trace.worker) : Json(nullptr);
  message["attempts"] = trace.attempts;
  message["bytes_out"] = trace.bytes_out;
  message["started"] = tap_seconds(trace.started, now);
  message["last_started"] = tap_seconds(trace.last_started, now);
  message["finished"] = tap_seconds(trace.finished, now);
  message["emitted"] = tap_seconds(trace.emitted, now);
  message["confirmed"] = tap_seconds(trace.confirmed, now);
}

std::variant<TapWish, std::string> tap_problem(const std::string& text) {
  return text;
}

}  // namespace

std::string tap_message(TapStage stage, const TapSample& sample, bool payload,
                        const TapMoment& now) {
  const EventTrace& trace = sample.trace;
  Json message = {{"stage", kTapStages[static_cast<std::size_t>(stage)]}};
  if (stage != TapStage::chunks) {
    message["event"] = to_string(trace.id);
    message["number"] = trace.number;
  }
  message["stream"] = trace.stream;
  message["bytes_in"] = trace.bytes_in;
  message["received"] = tap_seconds(trace.received);
  if (stage != TapStage::chunks) message["cut"] = tap_seconds(trace.cut, now);
  if (stage == TapStage::chunks) message["redelivered"] = sample.redelivered;
  if (stage == TapStage::frames) message["defect"] = trace.cause;
  if (stage == TapStage::outcomes) add_outcome(message, trace, now);
  if (payload) {
    TextForm text = text_form(sample.payload);
    message["payload"] = std::move(text.text);
    message["encoding"] = text.encoding;
  }
  message["left_out"] = sample.left_out;
  return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string tap_target(const TapWish& wish) {
  std::string target = "/tap?stage=";
  target += kTapStages[static_cast<std::size_t>(wish.stage)];
  // All but the unreserved ones: a plus, a wildcard of topics, would be read as a space.
  if (!wish.stream.empty()) {
    target += "&stream=" + boost::urls::encode(wish.stream, boost::urls::unreserved_chars);
  }
  if (wish.payloads) target += "&payloads=1";
  return target;
}

std::variant<TapWish, std::string> parse_tap_target(std::string_view target) {
  const auto url = boost::urls::parse_origin_form(target);
  if (!url) return tap_problem("not a path and a query");
  TapWish wish;
  for (const auto& param : url->params()) {
    if (param.key == "stage") {
      const auto at = std::find(kTapStages.begin(), kTapStages.end(), param.value);
      if (at == kTapStages.end()) return tap_problem("stage must be chunks, frames or outcomes");
      wish.stage = static_cast<TapStage>(at - kTapStages.begin());
    } else if (param.key == "stream") {
      wish.stream = param.value;
    } else if (param.key == "payloads") {
      if (param.value != "0" && param.value != "1") return tap_problem("payloads must be 0 or 1");
      wish.payloads = param.value == "1";
    } else {
      return tap_problem("there is nothing to ask for but stage, stream and payloads");
    }
  }
  return wish;
}

}  // namespace millrace
