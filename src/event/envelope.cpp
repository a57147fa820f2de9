#include "event/envelope.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "event/event_id.hpp"
#include "event/iso8601.hpp"
#include "event/text_form.hpp"

namespace millrace {

std::string envelope_json(const Frame& frame, const Payload& result) {
  using Json = nlohmann::ordered_json;
  TextForm payload = text_form(result.view());
  const Json envelope = {{"id", to_string(frame.id)},
                         {"stream", frame.stream},
                         {"received", iso8601(frame.received)},
                         {"payload", std::move(payload.text)},
                         {"encoding", payload.encoding}};
  return envelope.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace millrace
