#include "observability/status.hpp"

#include <nlohmann/json.hpp>

#include "config/enum_names.hpp"
#include "event/event_id.hpp"
#include "event/iso8601.hpp"
#include "net/mqtt_reason.hpp"

namespace millrace {
namespace {

using StatusJson = nlohmann::ordered_json;

double to_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string_view name_of(Report::State state) {
  constexpr std::array<std::string_view, 4> kNames{"starting", "running", "paused", "stopping"};
  return kNames[static_cast<std::size_t>(state)];
}

StatusJson status_configuration(const Config& config) {
  return {{"source", config.source.url},
          {"topics", config.source.topics},
          {"framing", to_text(config.framing.type)},
          {"processing", to_text(config.processing.type)},
          {"workers", config.processing.workers},
          {"order", to_text(config.processing.order)},
          {"sink", config.sink.url},
          {"topic", config.sink.topic},
          {"in_flight", config.limits.in_flight},
          {"in_flight_bytes", config.limits.in_flight_bytes}};
}

StatusJson status_connection(const Report::Connection& connection) {
  const auto& present = connection.state.session_present;
  return {{"ok", connection.state.ok},
          {"connected", connection.state.connected},
          {"reason", connection.state.reason},
          {"reconnects", connection.reconnects},
          {"session_present", present ? StatusJson(*present) : StatusJson()}};
}

StatusJson status_connections(const Report& report) {
  const auto& letters = report.dead_letter_connection;
  return {{"source", status_connection(report.source)},
          {"sink", status_connection(report.sink)},
          {"dead_letters", letters ? status_connection(*letters) : StatusJson()}};
}

StatusJson status_out(const Report& report) {
  const Report::Done& done = report.done;
  return {{"results", done.of(Fate::result)},        {"bytes", done.result_bytes},
          {"rejected", done.of(Fate::rejected)},     {"failed", done.of(Fate::failed)},
          {"filtered", done.of(Fate::filtered)},     {"dropped", done.dropped},
          {"dead_letters", done.all_dead_letters()}, {"confirmed", done.all()}};
}

StatusJson status_latency(const Report& report) {
  StatusJson all = StatusJson::object();
  for (std::size_t i = static_cast<std::size_t>(Span::queue); i < kSpanNames.size(); ++i) {
    const auto& of = report.recent_latency[i];
    all[std::string(kSpanNames[i])] = {
        {"p50", of.p50}, {"p90", of.p90}, {"p99", of.p99}, {"max", of.max}};
  }
  return all;
}

StatusJson status_workers(const Report& report) {
  StatusJson list = StatusJson::array();
  for (std::size_t i = 0; i < report.workers.size(); ++i) {
    const Report::Worker& worker = report.workers[i];
    StatusJson each{
        {"worker", i}, {"event", nullptr}, {"attempt", nullptr}, {"since_seconds", nullptr}};
    if (worker.event) {
      each["event"] = to_string(worker.event->id);
      each["attempt"] = worker.event->attempt;
      each["since_seconds"] = std::max(0.0, to_seconds(report.at - worker.event->since));
    }
    each["busy_ratio"] = worker.busy_ratio;
    each["restarts"] = worker.restarts;
    list.push_back(std::move(each));
  }
  return list;
}

StatusJson status_head_of_line(const Report& report) {
  if (!report.in_flight.head) return nullptr;
  const HeadOfLine& head = *report.in_flight.head;
  return {{"event", to_string(head.id)},
          {"number", head.number},
          {"age_seconds", to_seconds(head.age)},
          {"stage", to_text(head.stage)},
          {"worker", head.stage == Stage::working ? StatusJson(head.worker) : StatusJson()},
          {"results_waiting", head.results_waiting},
          {"bytes_waiting", head.bytes_waiting},
          {"seconds_lost", to_seconds(head.lost)}};
}

StatusJson status_under_way(const Report& report) {
  StatusJson list = StatusJson::array();
  const auto ago = [&](EventTrace::Clock::time_point time) {
    return std::max(0.0, to_seconds(report.at - time));
  };
  for (const UnderWay& each : report.under_way) {
    const EventTrace& trace = each.so_far;
    const bool worked = trace.attempts > 0;
    const bool ended = worked && each.stage != Stage::working;
    list.push_back(
        {{"event", to_string(trace.id)},
         {"number", trace.number},
         {"stage", to_text(each.stage)},
         {"since_seconds", ago(each.since)},
         {"cut_seconds", ago(trace.cut)},
         {"worker", worked ? StatusJson(trace.worker) : StatusJson()},
         {"attempts", trace.attempts},
         {"started_seconds", worked ? StatusJson(ago(trace.last_started)) : StatusJson()},
         {"finished_seconds", ended ? StatusJson(ago(trace.finished)) : StatusJson()}});
  }
  return list;
}

StatusJson status_refusals(const Report& report) {
  StatusJson all = StatusJson::object();
  for (std::size_t by = 0; by < kRefusedByNames.size(); ++by) {
    StatusJson& reasons = all[std::string(kRefusedByNames[by])] = StatusJson::object();
    for (const auto& [code, count] : report.refusals[by]) reasons[reason_name(code)] = count;
  }
  return all;
}

StatusJson status_last_dead_letters(const Report& report) {
  StatusJson list = StatusJson::array();
  for (const Report::DeadLetter& letter : report.last_dead_letters) {
    list.push_back({{"time", iso8601(letter.time)},
                    {"event", to_string(letter.id)},
                    {"stream", letter.stream},
                    {"kind", kFateNames[static_cast<std::size_t>(letter.fate)]},
                    {"cause", letter.cause},
                    {"attempts", letter.attempts}});
  }
  return list;
}

}  // namespace

std::string status_json(const Report& report, const Config& config, const Health& health,
                        const std::string& version) {
  const Health::Report ready = health.ready();
  const auto& clients = report.fan_out_clients;
  const StatusJson status{
      {"version", version},
      {"started", iso8601(report.started)},
      {"uptime_seconds", report.uptime},
      {"state", name_of(report.state)},
      {"live", health.live().status == 200},
      {"ready", ready.status == 200},
      {"health", StatusJson::parse(ready.body)},
      {"configuration", status_configuration(config)},
      {"connections", status_connections(report)},
      {"refusals", status_refusals(report)},
      {"pauses",
       {{"now", report.pauses.now},
        {"count", report.pauses.count},
        {"seconds", report.pauses.seconds}}},
      {"in",
       {{"messages", report.chunks},
        {"bytes", report.chunk_bytes},
        {"skipped", report.chunks_skipped}}},
      {"frames", {{"count", report.frames}, {"bytes", report.frame_bytes}}},
      {"out", status_out(report)},
      {"rates", {{"in", report.rate_in}, {"out", report.rate_out}}},
      {"latency_seconds", status_latency(report)},
      {"in_flight", {{"events", report.in_flight.events}, {"bytes", report.in_flight.bytes}}},
      {"workers", status_workers(report)},
      {"head_of_line", status_head_of_line(report)},
      {"under_way", status_under_way(report)},
      {"journal",
       {{"durability", to_text(config.journal.durability)},
        {"writable", report.journal.writable},
        {"entries", report.journal.entries},
        {"bytes", report.journal.bytes},
        {"limit", report.journal.limit},
        {"oldest_age_seconds", report.oldest_age()}}},
      {"retries", report.retries},
      {"worker_restarts", report.worker_restarts()},
      {"fan_out_clients", clients ? StatusJson(*clients) : StatusJson()},
      {"last_dead_letters", status_last_dead_letters(report)}};
  return status.dump(-1, ' ', false, StatusJson::error_handler_t::replace);
}

}  // namespace millrace
