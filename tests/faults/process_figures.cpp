#include "faults/process_figures.hpp"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

namespace millrace::test {
namespace {

std::size_t count_descriptors(const std::filesystem::path& folder) {
  std::error_code gone;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator each(folder, gone), end; !gone && each != end;
       each.increment(gone)) {
    ++count;
  }
  return count;
}

}  // namespace

std::optional<ProcessFigures> figures_of(pid_t pid) {
  const std::filesystem::path folder = "/proc/" + std::to_string(pid);
  std::ifstream status(folder / "status");
  ProcessFigures figures;
  figures.at = std::chrono::steady_clock::now();
  bool found = false;
  for (std::string line; std::getline(status, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t value = 0;
    words >> name >> value;
    if (name == "RssAnon:" || name == "RssShmem:") figures.own_bytes += value * 1024;
    if (name == "Threads:") figures.threads = value;
    found = found || name == "RssAnon:";
  }
  if (!found) return {};
  figures.descriptors = count_descriptors(folder / "fd");
  return figures;
}

class ProcessWatch::Thread {
 public:
  Thread(pid_t pid, std::chrono::milliseconds interval)
      : thread_([this, pid, interval](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any ended;
          std::unique_lock lock(mutex);
          do {
            if (const auto seen = figures_of(pid)) figures_.push_back(*seen);
            ended.wait_for(lock, stop, interval, [] { return false; });
          } while (!stop.stop_requested());
        }) {}

  std::vector<ProcessFigures> stop() {
    if (thread_.joinable()) {
      thread_.request_stop();
      thread_.join();
    }
    return figures_;
  }

 private:
  std::vector<ProcessFigures> figures_;
  std::jthread thread_;
};

ProcessWatch::ProcessWatch(pid_t pid, std::chrono::milliseconds interval)
    : thread_(std::make_unique<Thread>(pid, interval)) {}

ProcessWatch::~ProcessWatch() = default;

std::vector<ProcessFigures> ProcessWatch::stop() {
  return thread_->stop();
}

std::uint64_t ProcessWatch::most_bytes() {
  std::uint64_t most = 0;
  for (const auto& figures : stop()) most = std::max(most, figures.own_bytes);
  return most;
}

}  // namespace millrace::test
