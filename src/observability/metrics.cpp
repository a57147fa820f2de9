#include "observability/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <initializer_list>
#include <limits>
#include <stdexcept>
#include <utility>

#include "net/mqtt_reason.hpp"

namespace millrace {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

MetricType type_of(const MetricInfo& info) {
  if (info.type == "counter") return MetricType::Counter;
  return info.type == "gauge" ? MetricType::Gauge : MetricType::Histogram;
}

// Values under the names of the list, in its order.
class Families {
 public:
  Families() {
    for (const MetricInfo& info : metric_list()) {
      list_.push_back({std::string(info.name), std::string(info.help), type_of(info), {}});
    }
  }

  void value(std::string_view name, double value, Labels labels = {}) {
    ClientMetric& metric = add(name, std::move(labels));
    metric.counter.value = metric.gauge.value = value;
  }
  void count(std::string_view name, std::uint64_t value, Labels labels = {}) {
    this->value(name, static_cast<double>(value), std::move(labels));
  }
  void histogram(std::string_view name, const Histogram::Report& report, Labels labels = {}) {
    auto& to = add(name, std::move(labels)).histogram;
    to.sample_count = report.counts.back();
    to.sample_sum = report.sum;
    for (std::size_t i = 0; i < report.counts.size(); ++i) {
      const bool last = i == report.bounds.size();
      to.bucket.push_back(
          {report.counts[i], last ? std::numeric_limits<double>::infinity() : report.bounds[i]});
    }
  }

  [[nodiscard]] std::string text() {
    std::erase_if(list_, [](const MetricFamily& family) { return family.metric.empty(); });
    const prometheus::TextSerializer serializer;
    return static_cast<const prometheus::Serializer&>(serializer).Serialize(list_);
  }

 private:
  ClientMetric& add(std::string_view name, Labels labels) {
    for (MetricFamily& family : list_) {
      if (family.name != name) continue;
      ClientMetric& metric = family.metric.emplace_back();
      metric.label = std::move(labels);
      return metric;
    }
    throw std::logic_error("no metric has the name " + std::string(name));
  }

  std::vector<MetricFamily> list_;
};

void add_connection(Families& to, const std::string& end, const Report::Connection& connection) {
  to.value("millrace_connection_ok", connection.state.ok ? 1 : 0, {{"end", end}});
  to.value("millrace_connected", connection.state.connected ? 1 : 0, {{"end", end}});
  to.count("millrace_reconnects_total", connection.reconnects, {{"end", end}});
  if (const auto present = connection.state.session_present) {
    to.value("millrace_session_present", *present ? 1 : 0, {{"end", end}});
  }
}

void add_state(Families& to, const Report& report, const MetricContext& context) {
  to.value("millrace_build_info", 1, {{"version", context.version}});
  to.value("millrace_start_time_seconds",
           std::chrono::duration<double>(report.started.time_since_epoch()).count());
  to.value("millrace_live", context.live ? 1 : 0);
  to.value("millrace_ready", context.ready ? 1 : 0);
  add_connection(to, "source", report.source);
  add_connection(to, "sink", report.sink);
  if (report.dead_letter_connection) {
    add_connection(to, "dead_letters", *report.dead_letter_connection);
  }
  to.value("millrace_paused", report.pauses.now ? 1 : 0);
  to.count("millrace_pauses_total", report.pauses.count);
  to.value("millrace_paused_seconds_total", report.pauses.seconds);
  if (report.fan_out_clients) to.count("millrace_fan_out_clients", *report.fan_out_clients);
}

void add_events(Families& to, const Report& report) {
  to.count("millrace_chunks_total", report.chunks);
  to.count("millrace_chunk_bytes_total", report.chunk_bytes);
  to.count("millrace_chunks_skipped_total", report.chunks_skipped);
  to.count("millrace_frames_total", report.frames);
  to.count("millrace_frame_bytes_total", report.frame_bytes);
  to.count("millrace_result_bytes_total", report.done.result_bytes);
  to.count("millrace_dropped_total", report.done.dropped);
  to.count("millrace_retries_total", report.retries);
  for (std::size_t fate = 0; fate < kFateNames.size(); ++fate) {
    const std::string kind(kFateNames[fate]);
    for (std::size_t origin = 0; origin < kOriginNames.size(); ++origin) {
      const auto count = report.done.by_origin[fate][origin];
      // What the processor says is there from the start, so that its rate is known.
      if (count == 0 && origin != static_cast<std::size_t>(Origin::processor)) continue;
      to.count("millrace_outcomes_total", count,
               {{"kind", kind}, {"cause", std::string(kOriginNames[origin])}});
    }
  }
  for (const Fate fate : {Fate::rejected, Fate::failed}) {
    const auto at = static_cast<std::size_t>(fate);
    to.count("millrace_dead_letters_total", report.done.dead_letters[at],
             {{"kind", std::string(kFateNames[at])}});
  }
}

void add_refusals(Families& to, const Report& report) {
  for (std::size_t by = 0; by < kRefusedByNames.size(); ++by) {
    for (const auto& [code, count] : report.refusals[by]) {
      to.count("millrace_broker_refusals_total", count,
               {{"packet", std::string(kRefusedByNames[by])}, {"reason", reason_name(code)}});
    }
  }
}

void add_times(Families& to, const Report& report) {
  for (std::size_t i = 0; i < kSpanNames.size(); ++i) {
    if (i == static_cast<std::size_t>(Span::total)) {
      to.histogram("millrace_event_seconds", report.latency[i]);
    } else {
      to.histogram("millrace_stage_seconds", report.latency[i],
                   {{"stage", std::string(kSpanNames[i])}});
    }
  }
  to.histogram("millrace_append_seconds", report.append);
}

void add_head(Families& to, const Report& report) {
  const HeadOfLine head = report.in_flight.head.value_or(HeadOfLine{});
  const bool there = report.in_flight.head.has_value();
  const bool worked_on = there && head.stage == Stage::working;
  to.value("millrace_head_of_line_age_seconds", std::chrono::duration<double>(head.age).count());
  for (const Stage stage :
       {Stage::waiting, Stage::working, Stage::retrying, Stage::turn, Stage::confirming}) {
    to.value("millrace_head_of_line_stage", there && head.stage == stage ? 1 : 0,
             {{"stage", std::string(to_text(stage))}});
  }
  to.value("millrace_head_of_line_worker", worked_on ? static_cast<double>(head.worker) : -1);
  to.count("millrace_head_of_line_results_waiting", head.results_waiting);
  to.count("millrace_head_of_line_waiting_bytes", head.bytes_waiting);
  to.value("millrace_head_of_line_lost_seconds", std::chrono::duration<double>(head.lost).count());
}

void add_load(Families& to, const Report& report, const MetricContext& context) {
  to.count("millrace_in_flight_events", report.in_flight.events);
  to.count("millrace_in_flight_events_limit", context.in_flight_limit);
  to.count("millrace_in_flight_bytes", report.in_flight.bytes);
  to.count("millrace_in_flight_bytes_limit", context.in_flight_bytes_limit);
  to.count("millrace_workers", report.workers.size());
  for (std::size_t i = 0; i < report.workers.size(); ++i) {
    to.value("millrace_worker_busy_seconds_total", report.workers[i].busy_seconds,
             {{"worker", std::to_string(i)}});
  }
  to.value("millrace_worker_busy_ratio", report.busy_ratio);
  to.count("millrace_worker_restarts_total", report.worker_restarts());
  to.value("millrace_journal_writable", report.journal.writable ? 1 : 0);
  to.count("millrace_journal_entries", report.journal.entries);
  to.count("millrace_journal_bytes", report.journal.bytes);
  to.count("millrace_journal_limit_bytes", report.journal.limit);
  to.value("millrace_journal_oldest_age_seconds", report.oldest_age());
}

}  // namespace

std::string metrics_text(const Report& report, const MetricContext& context) {
  Families families;
  add_state(families, report, context);
  add_events(families, report);
  add_refusals(families, report);
  add_times(families, report);
  add_head(families, report);
  add_load(families, report, context);
  return families.text();
}

}  // namespace millrace
