#include "commands/service.hpp"

#include <exception>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "config/fingerprint.hpp"
#include "config/url.hpp"
#include "dedupe/dedupe.hpp"
#include "evidence/evidence.hpp"
#include "exec/exec_processor.hpp"
#include "framing/framers.hpp"
#include "journal/durable_journal.hpp"
#include "journal/file_layer.hpp"
#include "journal/memory_journal.hpp"
#include "pipeline/ledger.hpp"
#include "pipeline/task_thread.hpp"
#include "processing/processors.hpp"
#include "sink/sinks.hpp"
#include "source/sources.hpp"

namespace millrace {
namespace {

constexpr Duration kStatusLook{1000};

JournalPtr open_journal(const Config& config, bool accept_backlog, Observer& observer) {
  switch (config.journal.durability) {
    case Durability::off:
      return std::make_unique<MemoryJournal>(config.limits.in_flight_bytes, std::random_device{}());
    case Durability::process:
    case Durability::power:
      break;
  }
  OpenOptions options;
  options.fingerprint = fingerprint(config);
  options.accept_backlog = accept_backlog;
  options.notice = [&observer](const Notice& notice) { observer.notice(notice); };
  return open_durable_journal(config.journal, options);
}

Folder folder_of(const JournalConfig& journal) {
  return {journal.path, std::make_shared<FileLayer>(), false};
}

// Null where a crash of the process is the end of every event.
std::unique_ptr<Evidence> open_evidence(const Config& config, const Journal& journal,
                                        Observer& observer) {
  if (!journal.durable()) return nullptr;
  return std::make_unique<Evidence>(
      folder_of(config.journal),
      EvidenceOptions{.epoch = journal.epoch(),
                      .backlog = journal.backlog(),
                      .workers = config.processing.workers,
                      .attempts = config.processing.attempts,
                      .notice = [&](const Notice& notice) { observer.notice(notice); }});
}

// How many events behind the one at which a restart begins can have been numbered before it.
unsigned in_work_again(const Config& config) {
  if (config.processing.order == Order::global) return config.limits.in_flight;
  return static_cast<unsigned>(Overtaking::of(config).span);
}

// Null where no event is a repeat.
std::unique_ptr<Dedupe> open_dedupe(const Config& config, const Journal& journal) {
  const auto& dedupe = config.source.dedupe;
  if (dedupe.key.empty()) return nullptr;
  const auto again = in_work_again(config);
  if (!journal.durable()) return std::make_unique<Dedupe>(dedupe, again);
  return std::make_unique<Dedupe>(
      dedupe, again, folder_of(config.journal),
      KeyLogOptions{.epoch = journal.epoch(),
                    .next = journal.backlog().next,
                    .power = config.journal.durability == Durability::power});
}

// Bytes without messages have nowhere to begin afresh, so a stream of them that can't be framed
// ends.
bool is_connection(const Config& config) {
  return is_byte_stream(parse_url(config.source.url, End::source).scheme);
}

// Its streams end with the process at the latest; standard input may be taken up by another.
bool has_connections(const Config& config) {
  return parse_url(config.source.url, End::source).scheme == Scheme::tcp_listen;
}

}  // namespace

class Service::Impl {
 public:
  Impl(const Config& config, Observer& observer, Options options)
      : config_(config),
        observer_(observer),
        journal_(open_journal(config, options.accept_backlog, observer)),
        evidence_(open_evidence(config, *journal_, observer)),
        dedupe_(open_dedupe(config, *journal_)),
        processor_(options.processor ? std::move(options.processor)
                                     : configured_processor(options.spawner, observer)),
        results_(options.results ? std::move(options.results)
                                 : make_result_sink(config, scheduler_, observer)),
        dead_letters_(options.dead_letters ? std::move(options.dead_letters)
                                           : make_dead_letter_sink(config, scheduler_, observer)),
        source_(options.source ? std::move(options.source)
                               : make_source(config, scheduler_, observer)),
        status_(make_status(options, observer)),
        control_(config_,
                 {*source_, *results_, dead_letters_ ? *dead_letters_ : *results_, *journal_,
                  *processor_,
                  [this] {
                    return make_framer(config_.framing, config_.limits, is_connection(config_));
                  },
                  scheduler_, observer, evidence_.get(), dedupe_.get(), has_connections(config_)}) {
  }
  ~Impl() { scheduler_.stop(); }

  Control::End run() {
    {
      const std::lock_guard lock(mutex_);
      running_ = true;
      if (broken_) control_.fail(*broken_);
    }
    if (status_) every(kStatusLook, [this] { status_->look(); });
    const auto end = control_.run();
    if (status_ && end.orderly) status_->stop();
    return end;
  }
  void request_stop() { control_.request_stop(); }
  JournalState journal_state() const { return journal_->state(); }
  void reload_tls(const TlsConfig& source, const TlsConfig& sink) {
    scheduler_.post([this, source, sink] {
      try {
        source_->reload_tls(source);
        // Letters that do not go with the results go to the source's broker.
        if (dead_letters_) dead_letters_->reload_tls(source);
        results_->reload_tls(sink);
        if (status_) status_->reload_tls(source, sink);
      } catch (const std::exception& error) {
        observer_.notice({Severity::error, "reload",
                          std::string(error.what()) + "; the files read before stay in use"});
      }
    });
  }
  void every(Duration interval, const std::function<void()>& task) {
    scheduler_.after(interval, [this, interval, task] {
      task();
      every(interval, task);
    });
  }

 private:
  ProcessorPtr configured_processor(Spawner* spawner, Observer& observer) {
    if (spawner == nullptr) return make_processor(config_.processing);
    return std::make_unique<Exec>(config_, *spawner, observer,
                                  [this](const std::string& why) { fail(why); });
  }
  std::unique_ptr<StatusTopic> make_status(Options& options, Observer& observer) {
    if (config_.status.topic.empty()) return nullptr;
    return std::make_unique<StatusTopic>(config_, std::move(options.version),
                                         std::move(options.condition), scheduler_, observer);
  }
  // Also before there is a control to tell, and after.
  void fail(const std::string& why) {
    {
      const std::lock_guard lock(mutex_);
      if (!running_) {
        broken_ = why;
        return;
      }
    }
    scheduler_.post([this, why] { control_.fail(why); });
  }

  const Config config_;
  Observer& observer_;
  std::mutex mutex_;
  bool running_ = false;
  std::optional<std::string> broken_;  // before it ran
  TaskThread scheduler_{"control"};
  JournalPtr journal_;
  std::unique_ptr<Evidence> evidence_;
  std::unique_ptr<Dedupe> dedupe_;
  ProcessorPtr processor_;
  SinkPtr results_;
  SinkPtr dead_letters_;  // null where the results' sink takes them
  SourcePtr source_;
  std::unique_ptr<StatusTopic> status_;  // null where `status.topic` is empty
  Control control_;
};

Service::Service(const Config& config, Observer& observer, Options options)
    : impl_(std::make_unique<Impl>(config, observer, std::move(options))) {}

Service::~Service() = default;

Control::End Service::run() {
  return impl_->run();
}

void Service::request_stop() {
  impl_->request_stop();
}

JournalState Service::journal_state() const {
  return impl_->journal_state();
}

void Service::reload_tls(const Config& config) {
  impl_->reload_tls(config.source.tls, config.sink.tls);
}

void Service::every(Duration interval, const std::function<void()>& task) {
  impl_->every(interval, task);
}

}  // namespace millrace
