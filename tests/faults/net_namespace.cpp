#include "faults/net_namespace.hpp"

#include <unistd.h>

#include <stdexcept>

#include "faults/fault_case.hpp"
#include "support/child_process.hpp"

namespace millrace::test {
namespace {

void must(const std::vector<std::string>& command) {
  if (run_command(command) == 0) return;
  std::string text;
  for (const auto& word : command) text += word + ' ';
  throw std::runtime_error("failed: " + text);
}

}  // namespace

std::string NetNamespace::lacking() {
  if (!has_program("ip") || !has_program("iptables")) return "iproute2 or iptables";
  const std::string probe = "millrace-" + std::to_string(::getpid());
  if (run_command({"ip", "netns", "add", probe}) != 0) return "leave to make a namespace (root)";
  const bool filters = run_command({"ip", "netns", "exec", probe, "iptables", "-L"}) == 0;
  run_command({"ip", "netns", "delete", probe});
  return filters ? "" : "a kernel with iptables";
}

NetNamespace::NetNamespace() {
  // Names and addresses that no other test has at the same time: 198.18.0.0/15 is for tests.
  const auto id = static_cast<unsigned>(::getpid()) % 16'384U;
  name_ = "mill" + std::to_string(id);
  const auto prefix = "198.18." + std::to_string(id / 64) + ".";
  const auto first = id % 64 * 4;
  outside_ = prefix + std::to_string(first + 1);
  must({"ip", "netns", "add", name_});
  must({"ip", "link", "add", name_ + "o", "type", "veth", "peer", "name", name_ + "i", "netns",
        name_});
  must({"ip", "address", "add", outside_ + "/30", "dev", name_ + "o"});
  must({"ip", "link", "set", name_ + "o", "up"});
  inside({"ip", "address", "add", prefix + std::to_string(first + 2) + "/30", "dev", name_ + "i"});
  inside({"ip", "link", "set", name_ + "i", "up"});
  inside({"ip", "link", "set", "lo", "up"});
}

NetNamespace::~NetNamespace() {
  run_command({"ip", "link", "delete", name_ + "o"});
  run_command({"ip", "netns", "delete", name_});
}

std::vector<std::string> NetNamespace::wrapper() const {
  return {"ip", "netns", "exec", name_};
}

void NetNamespace::drop(Direction direction, bool on) const {
  const auto* const chain = direction == Direction::to_broker ? "OUTPUT" : "INPUT";
  const auto* const interface = direction == Direction::to_broker ? "-o" : "-i";
  inside({"iptables", on ? "-A" : "-D", chain, interface, name_ + "i", "-j", "DROP"});
}

void NetNamespace::inside(const std::vector<std::string>& command) const {
  auto whole = wrapper();
  whole.insert(whole.end(), command.begin(), command.end());
  must(whole);
}

}  // namespace millrace::test
