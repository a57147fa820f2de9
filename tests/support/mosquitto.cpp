#include "support/mosquitto.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "support/ports.hpp"
#include "support/wait.hpp"

namespace millrace::test {
namespace {

constexpr int kPortTries = 5;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// In the folder that Debian has for libraries of this architecture.
std::string dynamic_security() {
  for (const auto& folder : std::filesystem::directory_iterator("/usr/lib")) {
    const auto file = folder.path() / "mosquitto_dynamic_security.so";
    if (std::filesystem::exists(file)) return file.string();
  }
  throw std::runtime_error("mosquitto_dynamic_security.so is not there");
}

}  // namespace

Mosquitto::Mosquitto(BrokerOptions options) : options_(std::move(options)) {
  if (!options_.username.empty()) {
    const auto file = folder_.write("passwords", "");
    run_command({"mosquitto_passwd", "-b", file, options_.username, options_.password});
  }
  if (!options_.acl.empty()) folder_.write("acl", options_.acl);
  for (int tries = 0; tries < kPortTries; ++tries) {
    port_ = free_port();
    if (options_.websockets) websocket_port_ = free_port();
    write_config();
    if (try_start()) return;
  }
  throw std::runtime_error("mosquitto does not start: " + log());
}

Mosquitto::~Mosquitto() {
  stop();
}

std::string Mosquitto::url() const {
  return "mqtt://127.0.0.1:" + std::to_string(port_);
}

std::string Mosquitto::log() const {
  return read_file(folder_.path() / "log");
}

void Mosquitto::stop() {
  if (!process_) return;
  process_->signal(SIGTERM);
  static_cast<void>(process_->wait(kPatience));
  process_.reset();
}

void Mosquitto::kill() {
  process_.reset();
}

void Mosquitto::start() {
  if (!process_ && !try_start()) throw std::runtime_error("mosquitto does not start: " + log());
}

void Mosquitto::restart() {
  stop();
  start();
}

void Mosquitto::allow(const std::string& acl) {
  folder_.write("acl", acl);
  process_->signal(SIGHUP);
}

void Mosquitto::wipe() {
  std::filesystem::remove(folder_.path() / "mosquitto.db");
}

bool Mosquitto::try_start() {
  const auto config = (folder_.path() / "mosquitto.conf").string();
  const auto log = (folder_.path() / "log").string();
  process_ =
      std::make_unique<ChildProcess>(std::vector<std::string>{"mosquitto", "-c", config}, log);
  const bool answered = wait_until([this] { return process_->ended().has_value() || listens(); });
  if (answered && !process_->ended()) return true;
  process_.reset();
  return false;
}

bool Mosquitto::listens() const {
  return accepts(port_) && (!options_.websockets || accepts(websocket_port_));
}

void Mosquitto::write_config() {
  const auto folder = folder_.path().string();
  std::ostringstream config;
  // As root it would become another user, who cannot read this folder.
  config << "user root\nlog_type all\nmax_queued_messages 0\nsys_interval 0\n";
  if (options_.persistence) {
    config << "persistence true\npersistence_location " << folder << "/\n"
           << "autosave_on_changes true\nautosave_interval 1\n";
  }
  if (!options_.subscriptions) {
    config << "plugin " << dynamic_security() << "\nplugin_opt_config_file "
           << folder_.write("security.json",
                            R"({"defaultACLAccess": {"publishClientSend": true, )"
                            R"("publishClientReceive": true, "subscribe": false}})")
           << '\n';
  }
  for (const auto& line : options_.config) config << line << '\n';
  config << "listener " << port_ << " 127.0.0.1\n";
  for (const auto& line : options_.listener_config) config << line << '\n';
  if (options_.websockets) {
    config << "listener " << websocket_port_ << " 127.0.0.1\nprotocol websockets\n";
    for (const auto& line : options_.listener_config) config << line << '\n';
  }
  config << "allow_anonymous " << (options_.username.empty() ? "true" : "false") << '\n';
  if (!options_.username.empty()) config << "password_file " << folder << "/passwords\n";
  if (!options_.acl.empty()) config << "acl_file " << folder << "/acl\n";
  folder_.write("mosquitto.conf", config.str());
}

}  // namespace millrace::test
