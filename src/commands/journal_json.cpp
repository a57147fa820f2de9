#include "commands/journal_json.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>

#include "event/base64.hpp"
#include "event/event_id.hpp"
#include "event/iso8601.hpp"
#include "event/text_form.hpp"
#include "evidence/evidence.hpp"
#include "journal/format.hpp"
#include "journal/replay.hpp"
#include "journal/segment.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

Json id_json(std::uint32_t epoch, Offset offset, std::uint32_t index) {
  return to_string(EventId{.epoch = epoch, .offset = offset, .index = index});
}

Json point_json(const Point& point) {
  return {{"offset", point.offset}, {"byte", point.byte}, {"index", point.index}};
}

Json properties_json(const Properties& properties) {
  Json json = Json::object();
  if (!properties.content_type.empty()) json["content_type"] = properties.content_type;
  if (!properties.correlation_data.empty()) {
    json["correlation_data"] = base64(properties.correlation_data);
  }
  if (!properties.response_topic.empty()) json["response_topic"] = properties.response_topic;
  if (properties.message_expiry) json["message_expiry"] = *properties.message_expiry;
  if (properties.utf8_payload) json["utf8_payload"] = true;
  json["user"] = Json::array();
  for (const auto& [key, value] : properties.user) {
    json["user"].push_back(Json::array({key, value}));
  }
  return json;
}

void add_chunk(Json& json, const Chunk& chunk, const Entry& entry, std::uint32_t epoch,
               bool with_payload) {
  json["kind"] = "chunk";
  json["stream"] = chunk.stream;
  json["bytes"] = chunk.bytes.size();
  json["received"] = iso8601(chunk.received);
  if (chunk.redelivered) json["redelivered"] = true;
  json["from_byte"] = entry.from_byte;
  json["first_id"] = id_json(epoch, entry.offset, entry.first_index);
  json["done"] = Json::array();
  for (const auto index : entry.done) json["done"].push_back(id_json(epoch, entry.offset, index));
  if (!with_payload) return;
  TextForm payload = text_form(chunk.bytes.view());
  json["payload"] = std::move(payload.text);
  json["encoding"] = payload.encoding;
  if (chunk.properties) json["properties"] = properties_json(*chunk.properties);
}

// As the next start would find them.
Json crashes_json(const OfflineJournal& journal) {
  const Recovered& found = journal.found();
  const Backlog backlog{Replay::needed_in(found.commit), found.next_offset};
  const auto counts = pending_crashes(journal.folder(), found.epoch, backlog, {});
  Json json = Json::array();
  for (const auto& [frame, count] : counts.frames) {
    json.push_back({{"id", id_json(found.epoch, frame.first, frame.second)},
                    {"crashes", count.crashes},
                    {"last", describe(count)}});
  }
  return json;
}

}  // namespace

Json stat_json(const OfflineJournal& journal) {
  const Recovered& found = journal.found();
  const Commit& commit = found.commit;
  std::uint64_t bytes = 0;
  for (const auto& segment : found.segments) bytes += segment.bytes;
  Json json = {
      {"path", journal.folder().path()},
      {"version", kFormatVersion},
      {"epoch", id_json(found.epoch, 0, 0).get<std::string>().substr(0, 8)},
      {"fingerprint", found.fingerprint},
      {"segments", found.segments.size()},
      {"bytes", bytes},
      {"next_offset", found.next_offset},
      {"watermark", point_json(commit.watermark)},
      {"entries", found.next_offset - std::min(commit.watermark.offset, found.next_offset)},
      {"open", Json::array()},
      {"done", Json::array()},
      {"gaps", Json::array()},
      {"crashes", crashes_json(journal)},
      {"torn", found.torn ? Json(found.torn->what) : Json(nullptr)},
      {"damages", Json::array()}};
  for (const auto& frame : commit.open) {
    json["open"].push_back({{"stream", frame.stream},
                            {"id", id_json(found.epoch, frame.start.offset, frame.start.index)}});
  }
  for (const auto& frame : commit.done) {
    json["done"].push_back(id_json(found.epoch, frame.offset, frame.index));
  }
  for (const auto& gap : found.gaps) {
    json["gaps"].push_back({{"first", gap.first}, {"next", gap.next}});
  }
  for (const auto& damage : found.damages) json["damages"].push_back(damage_json(damage));
  return json;
}

Json entry_json(const Entry& entry, std::uint32_t epoch, bool with_payload) {
  Json json = {{"offset", entry.offset}};
  if (const auto* chunk = std::get_if<Chunk>(&entry.what)) {
    add_chunk(json, *chunk, entry, epoch, with_payload);
  } else {
    const auto& cut = std::get<Cut>(entry.what);
    json["kind"] = "cut";
    json["stream"] = cut.stream;
    json["cause"] = cut.cause == CutCause::closed ? "closed" : "timed_out";
  }
  return json;
}

Json damage_json(const Damage& damage) {
  return {{"segment", segment_name(damage.segment)},
          {"from", damage.from},
          {"to", damage.to},
          {"what", damage.what},
          {"lost", {{"first", damage.first}, {"next", damage.next}}}};
}

}  // namespace millrace
