#include "exec/protocol.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "event/base64.hpp"
#include "event/event_id.hpp"
#include "event/utf8.hpp"

namespace millrace {
namespace {

using Json = nlohmann::json;
using Parsed = std::variant<Verdict, ProtocolError>;

constexpr std::size_t kLongestCause = 4096;
constexpr std::array<std::string_view, 6> kMembers{"id",       "payload",  "encoding",
                                                   "filtered", "rejected", "failed"};

// Appends the text as a JSON string (RFC 8259, section 7) in one pass, runs of it at once: a
// payload is copied just this once.
void append_json_string(std::string& line, std::string_view utf8) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  line += '"';
  std::size_t copied = 0;
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    const auto c = static_cast<unsigned char>(utf8[at]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    line.append(utf8, copied, at - copied);
    copied = at + 1;
    if (c >= 0x20) {
      (line += '\\') += static_cast<char>(c);
    } else if (c == '\n') {
      line += "\\n";
    } else {
      ((line += "\\u00") += kHex[c >> 4]) += kHex[c & 15];
    }
  }
  line.append(utf8, copied);
  line += '"';
}

std::string cut(std::string cause) {
  if (cause.size() <= kLongestCause) return cause;
  return std::string(utf8_prefix(cause, kLongestCause)) + "… (cut)";
}

// Containers in a reply are read over, whatever is in them: nothing of a tree of brackets is built.
// Where a member of the reply is one, it is as good as null.
Json parse_flat(std::string_view line) {
  std::string name;
  std::set<std::string> containers;
  const auto keep = [&](int depth, Json::parse_event_t event, Json& parsed) {
    const bool container =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (event == Json::parse_event_t::key && depth == 1) name = parsed.get_ref<std::string&>();
    if (!container || depth == 0) return event != Json::parse_event_t::array_start;
    if (depth == 1 && std::ranges::find(kMembers, name) != kMembers.end()) containers.insert(name);
    return false;
  };
  Json reply = Json::parse(line, keep, false);
  if (!reply.is_object()) return {};
  for (const auto& container : containers) reply.emplace(container, nullptr);
  return reply;
}

std::string* text_at(Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get_ptr<std::string*>() : nullptr;
}

Parsed result_of(Json& reply) {
  std::string* const payload = text_at(reply, "payload");
  if (payload == nullptr) return ProtocolError{"has a payload that is no text", {}};
  if (!reply.contains("encoding")) return Verdict(Result{Payload(std::move(*payload))});
  const std::string* const encoding = text_at(reply, "encoding");
  if (encoding != nullptr && *encoding == "utf8") {
    return Verdict(Result{Payload(std::move(*payload))});
  }
  if (encoding == nullptr || *encoding != "base64") {
    return ProtocolError{"has an encoding that is neither utf8 nor base64", {}};
  }
  auto bytes = from_base64(*payload);
  if (!bytes) return ProtocolError{"has a payload that is no base64", {}};
  return Verdict(Result{Payload(std::move(*bytes))});
}

Parsed verdict_of(Json& reply) {
  static constexpr std::array<const char*, 4> kKinds{"payload", "filtered", "rejected", "failed"};
  std::string kind;
  for (const char* name : kKinds) {
    if (!reply.contains(name)) continue;
    if (!kind.empty()) return ProtocolError{"has both " + kind + " and " + name, {}};
    kind = name;
  }
  if (kind.empty()) {
    return ProtocolError{"has neither payload nor filtered, rejected or failed", {}};
  }
  if (kind == "payload") return result_of(reply);
  if (kind == "filtered") {
    if (reply["filtered"] == true) return Verdict(Filtered{});
    return ProtocolError{"has a filtered that is not true", {}};
  }
  std::string* const cause = text_at(reply, kind.c_str());
  if (cause == nullptr) return ProtocolError{"has a " + kind + " that is no text", {}};
  if (kind == "rejected") return Verdict(Rejected{cut(std::move(*cause))});
  return Verdict(Failed{cut(std::move(*cause)), {}});
}

}  // namespace

std::string request_line(const Frame& frame, unsigned attempt) {
  const std::string_view payload = frame.payload.view();
  const bool text = is_utf8(payload);
  std::string line = R"({"id": ")" + to_string(frame.id) + R"(", "attempt": )" +
                     std::to_string(attempt) + R"(, "stream": )" +
                     Json(frame.stream).dump(-1, ' ', false, Json::error_handler_t::replace) +
                     R"(, "payload": )";
  if (text) {
    line.reserve(line.size() + payload.size() + payload.size() / 16 + 32);
    append_json_string(line, payload);
    line += R"(, "encoding": "utf8"})";
  } else {
    line.reserve(line.size() + (payload.size() + 2) / 3 * 4 + 32);
    ((line += '"') += base64(payload)) += R"(", "encoding": "base64"})";
  }
  return line += '\n';
}

std::variant<WorkerReply, ProtocolError> parse_reply(std::string_view line) {
  Json reply = parse_flat(line);
  if (!reply.is_object()) return ProtocolError{"is no JSON object", {}};
  std::string* const id = text_at(reply, "id");
  if (id == nullptr) return ProtocolError{"has no id", {}};
  Parsed parsed = verdict_of(reply);
  if (auto* error = std::get_if<ProtocolError>(&parsed)) {
    return ProtocolError{std::move(error->why), std::move(*id)};
  }
  return WorkerReply{std::move(*id), std::get<Verdict>(std::move(parsed))};
}

}  // namespace millrace
