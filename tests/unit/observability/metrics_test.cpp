// What /metrics and /status say of a report whose every value is another one.
#include "observability/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "observability/status.hpp"

namespace millrace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t at(Fate fate) {
  return static_cast<std::size_t>(fate);
}

void fill_times(Report& report) {
  Histogram histogram{std::span(kBounds).subspan(6)};
  histogram.add(std::chrono::milliseconds(3));
  for (auto& each : report.latency) each = histogram.report();
  Histogram append{std::span(kBounds).first(19)};
  append.add(std::chrono::microseconds(4));
  report.append = append.report();
  for (std::size_t i = 0; i < report.recent_latency.size(); ++i) {
    const auto base = static_cast<double>(i);
    report.recent_latency[i] = {base + 0.1, base + 0.2, base + 0.3, base + 0.4};
  }
}

void fill_load(Report& report) {
  report.at = EventTrace::Clock::time_point(std::chrono::seconds(500));
  HeadOfLine head;
  head.id = {7, 8, 9};
  head.number = 30;
  head.stage = Stage::working;
  head.worker = 1;
  head.age = std::chrono::milliseconds(31500);
  head.results_waiting = 32;
  head.bytes_waiting = 33;
  head.lost = std::chrono::seconds(34);
  report.in_flight.events = 35;
  report.in_flight.bytes = 36;
  report.in_flight.head = head;
  report.in_flight.oldest_received = report.now - std::chrono::seconds(37);
  UnderWay waiting;
  waiting.so_far.id = {7, 8, 9};
  waiting.so_far.number = 30;
  waiting.so_far.cut = waiting.since = report.at - std::chrono::milliseconds(31500);
  UnderWay done = waiting;
  done.so_far.number = 31;
  done.so_far.worker = 1;
  done.so_far.attempts = 2;
  done.so_far.last_started = report.at - std::chrono::seconds(8);
  done.so_far.finished = done.since = report.at - std::chrono::seconds(6);
  done.stage = Stage::turn;
  UnderWay working = done;
  working.stage = Stage::working;
  report.under_way = {waiting, done, working};
  report.workers.resize(2);
  report.workers[0].busy_seconds = 38;
  report.workers[1].restarts = 39;
  report.workers[1].busy_ratio = 0.75;
  report.workers[1].event = WorkUnderWay{1, {7, 8, 9}, 2, report.at - std::chrono::seconds(4)};
  report.busy_ratio = 0.375;
  report.journal = {.writable = true, .reason = {}, .entries = 40, .bytes = 41, .limit = 42};
}

Report example() {
  Report report;
  report.started = std::chrono::system_clock::time_point(std::chrono::seconds(1'000'000));
  report.now = report.started + std::chrono::seconds(60);
  report.uptime = 60;
  report.state = Report::State::paused;
  report.source = {{false, true, "subscribing", true, true}, 1};
  report.sink = {{true, true, ""}, 2};
  report.pauses = {true, 3, 4.5};
  report.chunks = 5;
  report.chunk_bytes = 6;
  report.chunks_skipped = 7;
  report.frames = 8;
  report.frame_bytes = 9;
  report.done.by_origin[at(Fate::result)][0] = 10;
  report.done.by_origin[at(Fate::filtered)][static_cast<std::size_t>(Origin::duplicate)] = 11;
  report.done.by_origin[at(Fate::rejected)][0] = 12;
  report.done.by_origin[at(Fate::failed)][static_cast<std::size_t>(Origin::timeout)] = 13;
  report.done.dead_letters[at(Fate::rejected)] = 14;
  report.done.dead_letters[at(Fate::failed)] = 15;
  report.done.dropped = 16;
  report.done.result_bytes = 17;
  report.retries = 18;
  report.rate_in = 19.5;
  report.rate_out = 20.5;
  report.refusals[static_cast<std::size_t>(RefusedBy::connack)][0x86] = 23;
  report.refusals[static_cast<std::size_t>(RefusedBy::suback)][0xa1] = 24;
  report.refusals[static_cast<std::size_t>(RefusedBy::puback)][0x87] = 21;
  report.refusals[static_cast<std::size_t>(RefusedBy::disconnect)][0xa0] = 25;
  report.last_dead_letters.push_back(
      {report.now, {1, 2, 3}, "in/a", Fate::failed, "why \"not\"", 22});
  fill_times(report);
  fill_load(report);
  return report;
}

std::string text_of(const Report& report) {
  return metrics_text(report, {"1.2.3", true, false, 64, 65});
}

TEST(MetricsTest, WritesEveryFigure) {
  const std::string text = text_of(example());
  for (const char* line : {"millrace_build_info{version=\"1.2.3\"} 1",
                           "millrace_start_time_seconds 1000000",
                           "millrace_live 1",
                           "millrace_ready 0",
                           "millrace_connection_ok{end=\"source\"} 0",
                           "millrace_connected{end=\"source\"} 1",
                           "millrace_connection_ok{end=\"sink\"} 1",
                           "millrace_reconnects_total{end=\"source\"} 1",
                           "millrace_reconnects_total{end=\"sink\"} 2",
                           "millrace_session_present{end=\"source\"} 1",
                           "millrace_paused 1",
                           "millrace_pauses_total 3",
                           "millrace_paused_seconds_total 4.5",
                           "millrace_chunks_total 5",
                           "millrace_chunk_bytes_total 6",
                           "millrace_chunks_skipped_total 7",
                           "millrace_frames_total 8",
                           "millrace_frame_bytes_total 9",
                           "millrace_outcomes_total{kind=\"result\",cause=\"processor\"} 10",
                           "millrace_outcomes_total{kind=\"filtered\",cause=\"duplicate\"} 11",
                           "millrace_outcomes_total{kind=\"rejected\",cause=\"processor\"} 12",
                           "millrace_outcomes_total{kind=\"failed\",cause=\"timeout\"} 13",
                           "millrace_outcomes_total{kind=\"failed\",cause=\"processor\"} 0",
                           "millrace_dead_letters_total{kind=\"rejected\"} 14",
                           "millrace_dead_letters_total{kind=\"failed\"} 15",
                           "millrace_dropped_total 16",
                           "millrace_result_bytes_total 17",
                           "millrace_retries_total 18",
                           "millrace_broker_refusals_total{packet=\"connack\",reason=\"bad "
                           "user name or password\"} 23",
                           "millrace_broker_refusals_total{packet=\"suback\",reason="
                           "\"subscription identifiers not supported\"} 24",
                           "millrace_broker_refusals_total{packet=\"puback\",reason="
                           "\"not authorized\"} 21",
                           "millrace_broker_refusals_total{packet=\"disconnect\",reason="
                           "\"0xa0\"} 25",
                           "millrace_stage_seconds_bucket{stage=\"queue\",le=\"0.002\"} 0",
                           "millrace_stage_seconds_bucket{stage=\"queue\",le=\"0.005\"} 1",
                           "millrace_stage_seconds_bucket{stage=\"queue\",le=\"+Inf\"} 1",
                           "millrace_stage_seconds_count{stage=\"journal\"} 1",
                           "millrace_event_seconds_count 1",
                           "millrace_append_seconds_bucket{le=\"5e-06\"} 1",
                           "millrace_in_flight_events 35",
                           "millrace_in_flight_events_limit 64",
                           "millrace_in_flight_bytes 36",
                           "millrace_in_flight_bytes_limit 65",
                           "millrace_head_of_line_age_seconds 31.5",
                           "millrace_head_of_line_stage{stage=\"working\"} 1",
                           "millrace_head_of_line_stage{stage=\"turn\"} 0",
                           "millrace_head_of_line_worker 1",
                           "millrace_head_of_line_results_waiting 32",
                           "millrace_head_of_line_waiting_bytes 33",
                           "millrace_head_of_line_lost_seconds 34",
                           "millrace_workers 2",
                           "millrace_worker_busy_seconds_total{worker=\"0\"} 38",
                           "millrace_worker_busy_ratio 0.375",
                           "millrace_worker_restarts_total 39",
                           "millrace_journal_writable 1",
                           "millrace_journal_entries 40",
                           "millrace_journal_bytes 41",
                           "millrace_journal_limit_bytes 42",
                           "millrace_journal_oldest_age_seconds 37"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + line + "\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("fan_out")));
  EXPECT_THAT(text, Not(HasSubstr("end=\"dead_letters\"")));
}

TEST(MetricsTest, HasEveryMetricOfTheList) {
  Report report = example();
  report.fan_out_clients = 1;
  const std::string text = text_of(report);
  for (const MetricInfo& each : metric_list()) {
    const std::string name(each.name);
    EXPECT_THAT(text, HasSubstr("# TYPE " + name + " " + std::string(each.type) + "\n"));
    EXPECT_THAT(text, HasSubstr("# HELP " + name + " "));
  }
}

TEST(MetricsTest, SaysThatThereIsNoHeadOfLine) {
  Report report = example();
  report.in_flight = {};
  const std::string text = text_of(report);
  EXPECT_THAT(text, HasSubstr("millrace_head_of_line_age_seconds 0\n"));
  EXPECT_THAT(text, HasSubstr("millrace_head_of_line_worker -1\n"));
  EXPECT_THAT(text, HasSubstr("millrace_head_of_line_stage{stage=\"waiting\"} 0\n"));
}

TEST(MetricsTest, AreListedInTheReadme) {
  std::ifstream file(MILLRACE_SOURCE_DIR "/README.md");
  std::stringstream readme;
  readme << file.rdbuf();
  const std::string text = readme.str();
  const std::string begin = "<!-- metrics:begin -->\n";
  const auto from = text.find(begin);
  const auto to = text.find("<!-- metrics:end -->");
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  EXPECT_EQ(text.substr(from + begin.size(), to - from - begin.size()), metrics_markdown())
      << "put what `millrace metrics --markdown` prints between the markers";
}

TEST(StatusTest, TellsEveryFigure) {
  Config config;
  config.source.url = "mqtt://broker";
  config.source.topics = {"events/#"};
  config.sink.url = "stdout:";
  config.sink.topic = "results";
  const auto status = nlohmann::json::parse(status_json(example(), config, Health(), "1.2.3"));
  const auto expected = nlohmann::json::parse(R"({
    "version": "1.2.3", "started": "1970-01-12T13:46:40.000Z", "uptime_seconds": 60.0,
    "state": "paused", "live": true, "ready": false,
    "health": {"ready": false, "source": {"ok": false, "reason": "not yet connected"},
               "sink": {"ok": false, "reason": "not yet connected"},
               "journal": {"ok": true}, "processing": {"ok": true}},
    "configuration": {"source": "mqtt://broker", "topics": ["events/#"], "framing": "whole",
                      "processing": "identity", "workers": 5, "order": "global",
                      "sink": "stdout:", "topic": "results", "in_flight": 64,
                      "in_flight_bytes": 67108864},
    "connections": {
      "source": {"ok": false, "connected": true, "reason": "subscribing", "reconnects": 1,
                 "session_present": true},
      "sink": {"ok": true, "connected": true, "reason": "", "reconnects": 2,
               "session_present": null},
      "dead_letters": null},
    "refusals": {"connack": {"bad user name or password": 23},
                 "suback": {"subscription identifiers not supported": 24},
                 "puback": {"not authorized": 21}, "disconnect": {"0xa0": 25}},
    "pauses": {"now": true, "count": 3, "seconds": 4.5},
    "in": {"messages": 5, "bytes": 6, "skipped": 7},
    "frames": {"count": 8, "bytes": 9},
    "out": {"results": 10, "bytes": 17, "rejected": 12, "failed": 13, "filtered": 11,
            "dropped": 16, "dead_letters": 29, "confirmed": 46},
    "rates": {"in": 19.5, "out": 20.5},
    "latency_seconds": {
      "queue": {"p50": 1.1, "p90": 1.2, "p99": 1.3, "max": 1.4},
      "work": {"p50": 2.1, "p90": 2.2, "p99": 2.3, "max": 2.4},
      "order": {"p50": 3.1, "p90": 3.2, "p99": 3.3, "max": 3.4},
      "confirm": {"p50": 4.1, "p90": 4.2, "p99": 4.3, "max": 4.4},
      "total": {"p50": 5.1, "p90": 5.2, "p99": 5.3, "max": 5.4}},
    "in_flight": {"events": 35, "bytes": 36},
    "workers": [
      {"worker": 0, "event": null, "attempt": null, "since_seconds": null, "busy_ratio": 0.0,
       "restarts": 0},
      {"worker": 1, "event": "00000007-8.9", "attempt": 2, "since_seconds": 4.0,
       "busy_ratio": 0.75, "restarts": 39}],
    "head_of_line": {"event": "00000007-8.9", "number": 30, "age_seconds": 31.5,
                     "stage": "working", "worker": 1, "results_waiting": 32, "bytes_waiting": 33,
                     "seconds_lost": 34.0},
    "under_way": [
      {"event": "00000007-8.9", "number": 30, "stage": "waiting", "since_seconds": 31.5,
       "cut_seconds": 31.5, "worker": null, "attempts": 0, "started_seconds": null,
       "finished_seconds": null},
      {"event": "00000007-8.9", "number": 31, "stage": "turn", "since_seconds": 6.0,
       "cut_seconds": 31.5, "worker": 1, "attempts": 2, "started_seconds": 8.0,
       "finished_seconds": 6.0},
      {"event": "00000007-8.9", "number": 31, "stage": "working", "since_seconds": 6.0,
       "cut_seconds": 31.5, "worker": 1, "attempts": 2, "started_seconds": 8.0,
       "finished_seconds": null}],
    "journal": {"durability": "process", "writable": true, "entries": 40, "bytes": 41,
                "limit": 42, "oldest_age_seconds": 37.0},
    "retries": 18, "worker_restarts": 39, "fan_out_clients": null,
    "last_dead_letters": [{"time": "1970-01-12T13:47:40.000Z", "event": "00000001-2.3",
                           "stream": "in/a", "kind": "failed", "cause": "why \"not\"",
                           "attempts": 22}]})");
  EXPECT_EQ(status, expected) << nlohmann::json::diff(expected, status).dump(1);
}

TEST(StatusTest, HasNullForWhatIsNotThere) {
  Report report = example();
  report.in_flight.head.reset();
  report.fan_out_clients = 0;
  const auto status = nlohmann::json::parse(status_json(report, Config(), Health(), "1"));
  EXPECT_TRUE(status["head_of_line"].is_null());
  EXPECT_EQ(status["fan_out_clients"], 0);
}

TEST(StatusTest, StaysJsonWhereACauseIsNoText) {
  Report report = example();
  report.last_dead_letters.front().cause = "\xff";
  EXPECT_TRUE(nlohmann::json::accept(status_json(report, Config(), Health(), "1")));
}

}  // namespace
}  // namespace millrace
