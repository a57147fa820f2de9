#include "program.hpp"

#include <csignal>
#include <fstream>
#include <sstream>

#include "net/http_client.hpp"
#include "support/ports.hpp"

namespace millrace::test {

Program::Program(const Variables& variables, const std::vector<std::string>& arguments,
                 const Launch& launch)
    : http_port_(free_port()) {
  std::vector<std::string> command{"/usr/bin/env",
                                   "MILLRACE_HTTP_LISTEN=127.0.0.1:" + std::to_string(http_port_)};
  // Of its own, unless the test wants to start on the same one again.
  if (!variables.contains("JOURNAL_PATH")) {
    command.push_back("MILLRACE_JOURNAL_PATH=" + (folder_.path() / "journal").string());
  }
  for (const auto& [name, value] : variables) {
    std::string assignment = "MILLRACE_";
    assignment += name;
    assignment += '=';
    command.push_back(assignment + value);
  }
  command.insert(command.end(), launch.wrapper.begin(), launch.wrapper.end());
  command.push_back(launch.program);
  command.insert(command.end(), arguments.begin(), arguments.end());
  process_ = std::make_unique<ChildProcess>(command, (folder_.path() / "output").string());
}

std::string Program::ask(const std::string& path) const {
  const auto answer = http_get({.address = {"127.0.0.1", http_port_},
                                .path = path,
                                .token = {},
                                .timeout = std::chrono::seconds(3)});
  const auto* received = std::get_if<HttpReceived>(&answer);
  return received != nullptr ? received->body : "";
}

bool Program::wait_until_ready() {
  return wait_until([this] {
           return process_->ended() || readiness().find("\"ready\": true") != std::string::npos;
         }) &&
         !process_->ended();
}

std::optional<int> Program::stop() {
  process_->signal(SIGTERM);
  return process_->wait(std::chrono::seconds(30));
}

std::string Program::output() const {
  std::ostringstream text;
  text << std::ifstream(folder_.path() / "output").rdbuf();
  return text.str();
}

}  // namespace millrace::test
