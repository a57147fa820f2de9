#include "observability/metrics.hpp"

namespace millrace {
namespace {

constexpr auto kEnds = "`end` (source, sink, dead_letters)";
constexpr auto kCounter = "counter";
constexpr auto kGauge = "gauge";
constexpr auto kHistogram = "histogram";

// NOLINTNEXTLINE(readability-function-size): one table, a metric a line or two.
std::vector<MetricInfo> make_list() {
  return {
      {"millrace_build_info", kGauge, "`version`", "1; the version that runs."},
      {"millrace_start_time_seconds", kGauge, "", "When it started, in seconds since 1970."},
      {"millrace_live", kGauge, "", "1 where /livez answers 200, else 0."},
      {"millrace_ready", kGauge, "", "1 where /readyz answers 200, else 0."},
      {"millrace_connection_ok", kGauge, kEnds,
       "1 where the source is subscribed and granted, or the sink connected and taken, else 0."},
      {"millrace_connected", kGauge, kEnds, "1 where the link itself is up, else 0."},
      {"millrace_reconnects_total", kCounter, kEnds,
       "Connections made again, after a loss or a pause."},
      {"millrace_session_present", kGauge, kEnds,
       "1 where the broker had kept the session when the MQTT connection was last made, else 0."},
      {"millrace_paused", kGauge, "", "1 while the source is held back for want of room, else 0."},
      {"millrace_pauses_total", kCounter, "", "Pauses of the source for want of room."},
      {"millrace_paused_seconds_total", kCounter, "", "Time spent in them."},
      {"millrace_chunks_total", kCounter, "",
       "Pieces taken over from the source: messages, or reads of a connection."},
      {"millrace_chunk_bytes_total", kCounter, "", "Their bytes."},
      {"millrace_chunks_skipped_total", kCounter, "",
       "Messages passed over because they are another instance's (source.partition)."},
      {"millrace_frames_total", kCounter, "", "Events cut out of them."},
      {"millrace_frame_bytes_total", kCounter, "", "Their bytes, headers included."},
      {"millrace_outcomes_total", kCounter,
       "`kind` (result, filtered, rejected, failed), `cause` (processor, timeout, framing, "
       "duplicate, result, crash, receiver)",
       "Events that are done and confirmed. cause: who said so; result: what the processor "
       "answered "
       "may not be sent; receiver: it was refused for its own sake."},
      {"millrace_result_bytes_total", kCounter, "", "Bytes of the results among them."},
      {"millrace_dead_letters_total", kCounter, "`kind` (rejected, failed)",
       "Dead letters that their receiver has."},
      {"millrace_dropped_total", kCounter, "",
       "Rejected and failed events that processing.on_failure: drop let go."},
      {"millrace_retries_total", kCounter, "", "Attempts that were followed by another one."},
      {"millrace_stage_seconds", kHistogram, "`stage` (journal, queue, work, order, confirm)",
       "Time that events spent: journal, received to cut; queue, to the first attempt; work, to "
       "the "
       "end of the last one; order, to their turn; confirm, to their confirmation."},
      {"millrace_event_seconds", kHistogram, "", "Time from received to confirmed."},
      {"millrace_append_seconds", kHistogram, "", "Time to store a chunk in the journal."},
      {"millrace_in_flight_events", kGauge, "", "Events cut and not yet confirmed."},
      {"millrace_in_flight_events_limit", kGauge, "", "limits.in_flight."},
      {"millrace_in_flight_bytes", kGauge, "", "Their bytes."},
      {"millrace_in_flight_bytes_limit", kGauge, "", "limits.in_flight_bytes."},
      {"millrace_head_of_line_age_seconds", kGauge, "",
       "Since the oldest event that is not done was cut; 0 where there is none."},
      {"millrace_head_of_line_stage", kGauge,
       "`stage` (waiting, working, retrying, turn, confirming)",
       "1 for what that event is at, 0 for the others."},
      {"millrace_head_of_line_worker", kGauge, "", "The worker that has it; -1 where none has."},
      {"millrace_head_of_line_results_waiting", kGauge, "",
       "Younger events that are done and wait for their turn."},
      {"millrace_head_of_line_waiting_bytes", kGauge, "", "Bytes of their results."},
      {"millrace_head_of_line_lost_seconds", kGauge, "",
       "What those have waited so far, added up."},
      {"millrace_workers", kGauge, "", "processing.workers."},
      {"millrace_worker_busy_seconds_total", kCounter, "`worker` (0 …)",
       "Time that each worker had an event."},
      {"millrace_worker_busy_ratio", kGauge, "",
       "Share of the last 10 s in which the workers had events, from 0 to 1."},
      {"millrace_worker_restarts_total", kCounter, "",
       "Worker processes started in the place of one that had ended."},
      {"millrace_journal_writable", kGauge, "", "1 where the journal can be written to, else 0."},
      {"millrace_journal_entries", kGauge, "", "Entries that no commit record covers yet."},
      {"millrace_journal_bytes", kGauge, "", "What they cost."},
      {"millrace_journal_limit_bytes", kGauge, "",
       "What there is room for; at 80 % the source is paused."},
      {"millrace_journal_oldest_age_seconds", kGauge, "",
       "Since the oldest event under way was received; 0 where there is none."},
      {"millrace_broker_refusals_total", kCounter,
       "`packet` (connack, suback, puback, disconnect), `reason`",
       "What brokers refused: connections, subscriptions, messages (MQTT 5), and connections that "
       "they ended, each attempt; by the reason's name in MQTT 5 (2.4), such as not authorized, or "
       "its number where it has none."},
      {"millrace_fan_out_clients", kGauge, "", "Clients of ws-listen://."},
  };
}

}  // namespace

const std::vector<MetricInfo>& metric_list() {
  static const std::vector<MetricInfo> list = make_list();
  return list;
}

std::string metrics_markdown() {
  std::string table = "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  for (const MetricInfo& each : metric_list()) {
    table += "| `";
    table += each.name;
    table += "` | ";
    table += each.type;
    table += " | ";
    table += each.labels;
    table += " | ";
    table += each.help;
    table += " |\n";
  }
  return table;
}

}  // namespace millrace
