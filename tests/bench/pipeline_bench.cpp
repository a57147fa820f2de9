// bench_pipeline: the real pipeline without a network: journal in memory, or in FOLDER with
// durability process; a sink that confirms at once. What is left is what the pipeline itself costs,
// and what the processor does.
//
//   bench_pipeline identity|md5|sha256[/key|/none] COUNT BYTES [FOLDER]      prints one line of
//   JSON
//
// `/key` and `/none` are orders other than `global`, over sixteen topics.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <semaphore>
#include <string>
#include <system_error>
#include <vector>

#include "framing/framers.hpp"
#include "journal/durable_journal.hpp"
#include "journal/memory_journal.hpp"
#include "pipeline/pipeline.hpp"
#include "processing/processors.hpp"

namespace {

using namespace millrace;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::minutes(10);
constexpr std::size_t kTopics = 16;

class ConfirmingSink final : public Sink {
 public:
  void pipeline(Pipeline& pipeline) { pipeline_ = &pipeline; }
  void start(Deliveries&) override {}
  std::optional<std::string> unfit(const Frame&, const Result&) const override { return {}; }
  void accept(OutcomePtr outcome) override { pipeline_->confirmed(outcome->frame->number); }
  void stop() override {}

 private:
  Pipeline* pipeline_ = nullptr;
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

ProcessingConfig processing(const std::string& what) {
  if (what.ends_with("/key") || what.ends_with("/none")) {
    const auto slash = what.find('/');
    auto config = processing(what.substr(0, slash));
    config.order = what.ends_with("/key") ? Order::key : Order::none;
    return config;
  }
  ProcessingConfig config;
  if (what == "identity") return config;
  config.type = ProcessingType::digest;
  config.algorithm = what == "md5" ? DigestAlgorithm::md5 : DigestAlgorithm::sha256;
  return config;
}

// In memory: room for some thousand small events or some dozen large ones, so that they stay in the
// cache that they would be in had they just been received.
JournalPtr open_journal(const char* folder) {
  if (folder == nullptr) return std::make_unique<MemoryJournal>(4U << 20, 1);
  JournalConfig config;
  config.path = folder;
  return open_durable_journal(config, {});
}

bool run(const std::string& what, int count, std::size_t bytes, const char* folder) {
  Config config;
  config.processing = processing(what);
  const JournalPtr journal = open_journal(folder);
  const auto processor = make_processor(config.processing);
  ConfirmingSink sink;
  Observer silent;
  std::binary_semaphore room{0};
  Pipeline pipeline(config,
                    {*journal, [&] { return make_framer(config.framing, config.limits, false); },
                     *processor, sink, sink, silent},
                    {.stream_broken = [](const std::string&) {},
                     .committed =
                         [&] {
                           static_cast<void>(room.try_acquire());
                           room.release();
                         },
                     .journal_failed = [](std::error_code) {},
                     .stopped = [](const Outcome&) {}});
  sink.pipeline(pipeline);
  pipeline.start();

  const Payload payload(std::string(bytes, 'x'));
  std::vector<std::string> topics{"events/a"};
  if (config.processing.order != Order::global) topics.assign(kTopics, "events/");
  for (std::size_t i = 1; i < topics.size(); ++i) topics[i] += static_cast<char>('a' + i);
  const auto start = Clock::now();
  const auto cpu = cpu_seconds();
  for (int i = 0; i < count; ++i) {
    while (const auto error =
               journal->append(Chunk{.stream = topics[static_cast<std::size_t>(i) % topics.size()],
                                     .bytes = payload,
                                     .properties = nullptr,
                                     .received = std::chrono::system_clock::now()})) {
      if (error != std::errc::no_buffer_space) return false;
      room.acquire();
    }
  }
  const auto deadline = Clock::now() + kPatience;
  const bool done = pipeline.finish(deadline) && pipeline.drain(deadline);
  const std::chrono::duration<double> seconds = Clock::now() - start;
  std::printf("{\"seconds\": %.6f, \"cpu\": %.6f}\n", seconds.count(), cpu_seconds() - cpu);
  return done;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4 && count != 5) return 2;
  const bool done = run(arguments[1], std::stoi(arguments[2]), std::stoul(arguments[3]),
                        count == 5 ? arguments[4] : nullptr);
  return done ? 0 : 1;
}
