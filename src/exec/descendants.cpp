#include "exec/descendants.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace millrace {
namespace {

// Field 4 of /proc/PID/stat (proc(5)); the name before it, in parentheses, may hold anything.
pid_t parent_of(const std::filesystem::path& folder) {
  std::ifstream file(folder / "stat");
  std::string line;
  std::getline(file, line, '\0');
  const auto name_end = line.rfind(") ");
  if (name_end == std::string::npos || line.size() < name_end + 5) return -1;
  pid_t parent = -1;
  std::from_chars(line.data() + name_end + 4, line.data() + line.size(), parent);
  return parent;
}

}  // namespace

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator("/proc", error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename();
    pid_t pid = 0;
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (bad != std::errc{} || end != name.data() + name.size()) continue;
    if (parent_of(at->path()) == parent) children.push_back(pid);
  }
  return children;
}

void kill_descendants(std::chrono::milliseconds patience) {
  constexpr int kLookAgain = 5;  // ms
  const auto deadline = std::chrono::steady_clock::now() + patience;
  do {
    for (const pid_t pid : children_of(::getpid())) ::kill(pid, SIGKILL);
    pid_t reaped = 0;
    do {
      reaped = ::waitpid(-1, nullptr, WNOHANG);
    } while (reaped > 0);
    if (reaped < 0 && errno == ECHILD) return;
    // They are dying; what they leave becomes ours only then, so that nothing tells of it.
    ::poll(nullptr, 0, kLookAgain);
  } while (std::chrono::steady_clock::now() < deadline);
}

}  // namespace millrace
