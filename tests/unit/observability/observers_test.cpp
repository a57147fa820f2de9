#include "observability/observers.hpp"

#include <gtest/gtest.h>

#include <string>

namespace millrace {
namespace {

// Writes down what it is told of.
class Recorder final : public Observer {
 public:
  Recorder(std::string name, std::string& to) : name_(std::move(name)), to_(to) {}

  void chunk_received(const Chunk&) override { say("chunk_received"); }
  void chunk_stored(std::size_t, std::chrono::nanoseconds) override { say("chunk_stored"); }
  void frame_cut(const Frame&) override { say("frame_cut"); }
  void work_started(const Frame&, const Attempt&) override { say("work_started"); }
  void work_finished(const Frame&, const Attempt&, const Verdict&) override {
    say("work_finished");
  }
  void retry_scheduled(const Frame&, std::chrono::milliseconds) override { say("retry_scheduled"); }
  void work_overran(const Frame&, const Attempt&) override { say("work_overran"); }
  void overrun_ended(const Frame&, const Attempt&) override { say("overrun_ended"); }
  void processing_changed(const ProcessingState&) override { say("processing_changed"); }
  void worker_said(unsigned, const EventId*, const std::string&) override { say("worker_said"); }
  void worker_restarted(unsigned) override { say("worker_restarted"); }
  void outcome_emitted(const Outcome&) override { say("outcome_emitted"); }
  void outcome_filtered(const Outcome&) override { say("outcome_filtered"); }
  void outcome_dropped(const Outcome&) override { say("outcome_dropped"); }
  void outcome_replaced(const Outcome&) override { say("outcome_replaced"); }
  void broker_refused(RefusedBy, int) override { say("broker_refused"); }
  void clients_changed(std::size_t) override { say("clients_changed"); }
  void outcome_confirmed(std::uint64_t) override { say("outcome_confirmed"); }
  void connection_changed(End, const ConnectionState&) override { say("connection_changed"); }
  void paused(bool) override { say("paused"); }
  void journal_changed(const JournalState&) override { say("journal_changed"); }
  void stopping() override { say("stopping"); }
  void notice(const Notice&) override { say("notice"); }

 private:
  void say(const std::string& what) { to_ += name_ + " " + what + "\n"; }

  const std::string name_;
  std::string& to_;
};

TEST(ObserversTest, TellsEachOfEverythingInOrder) {
  std::string heard;
  Recorder a("a", heard);
  Recorder b("b", heard);
  Observers both({&a, &b});
  both.chunk_received({});
  both.chunk_stored(0, {});
  both.frame_cut({});
  both.work_started({}, {});
  both.work_finished({}, {}, Filtered{});
  both.retry_scheduled({}, {});
  both.work_overran({}, {});
  both.overrun_ended({}, {});
  both.processing_changed({});
  both.worker_said(0, nullptr, {});
  both.worker_restarted(0);
  both.outcome_emitted({});
  both.outcome_filtered({});
  both.outcome_dropped({});
  both.outcome_replaced({});
  both.broker_refused(RefusedBy::puback, 128);
  both.clients_changed(0);
  both.outcome_confirmed(0);
  both.connection_changed(End::source, {});
  both.paused(true);
  both.journal_changed({});
  both.stopping();
  both.notice({});
  std::string expected;
  for (const char* what : {"chunk_received",
                           "chunk_stored",
                           "frame_cut",
                           "work_started",
                           "work_finished",
                           "retry_scheduled",
                           "work_overran",
                           "overrun_ended",
                           "processing_changed",
                           "worker_said",
                           "worker_restarted",
                           "outcome_emitted",
                           "outcome_filtered",
                           "outcome_dropped",
                           "outcome_replaced",
                           "broker_refused",
                           "clients_changed",
                           "outcome_confirmed",
                           "connection_changed",
                           "paused",
                           "journal_changed",
                           "stopping",
                           "notice"}) {
    expected += std::string("a ") + what + "\nb " + what + "\n";
  }
  EXPECT_EQ(heard, expected);
}

}  // namespace
}  // namespace millrace
