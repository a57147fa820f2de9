#include "faults/wire_book.hpp"

#include <algorithm>

namespace millrace::test {
namespace {

constexpr int kFailure = 0x80;

}  // namespace

WireTap::Interceptor WireBook::at_source() {
  return [this](Packet& packet) {
    const std::lock_guard lock(mutex_);
    const Link link{packet.link, packet.id};
    if (packet.type == PacketType::publish && packet.direction == Direction::to_client) {
      if (const auto number = NumberedEvents::number_of_event(packet.payload)) {
        delivered_[link] = *number;
        auto& so_far = deliveries_[*number];
        if (!so_far.empty() && !packet.duplicate) ++unmarked_deliveries_;
        so_far += " link " + std::to_string(packet.link) + " id " + std::to_string(packet.id) +
                  (packet.duplicate ? " DUP;" : ";");
      }
    }
    if (packet.type == PacketType::puback && packet.direction == Direction::to_broker &&
        packet.reason < kFailure) {
      const auto event = delivered_.find(link);
      if (event != delivered_.end()) acknowledged_.insert(event->second);
    }
    return WireTap::Action::pass;
  };
}

WireTap::Interceptor WireBook::at_sink() {
  return [this](Packet& packet) {
    const std::lock_guard lock(mutex_);
    const Link link{packet.link, packet.id};
    if (packet.type == PacketType::publish && packet.direction == Direction::to_broker) {
      if (const auto number = events_.number_of_result(packet.payload)) sent_[link] = *number;
    }
    if (packet.type == PacketType::puback && packet.direction == Direction::to_client &&
        packet.reason < kFailure) {
      const auto result = sent_.find(link);
      if (result != sent_.end()) confirmed_.insert(result->second);
    }
    return WireTap::Action::pass;
  };
}

WireBook::Excused WireBook::excuse(Oracle& oracle) const {
  const std::lock_guard lock(mutex_);
  Excused excused;
  for (const auto number : oracle.missing_numbers()) {
    const bool before = acknowledged_.count(number) == 0;
    if (!before && confirmed_.count(number) == 0) continue;
    oracle.excuse(number);
    ++(before ? excused.before : excused.after);
  }
  return excused;
}

std::size_t WireBook::unmarked_deliveries() const {
  const std::lock_guard lock(mutex_);
  return unmarked_deliveries_;
}

std::string WireBook::repeated_deliveries() const {
  const std::lock_guard lock(mutex_);
  std::string lines;
  for (const auto& [number, text] : deliveries_) {
    if (std::count(text.begin(), text.end(), ';') < 2) continue;
    lines += std::to_string(number) + (acknowledged_.count(number) > 0 ? ", acknowledged:" : ":") +
             text + '\n';
  }
  return lines;
}

bool WireBook::acknowledged(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  return acknowledged_.count(number) > 0;
}

}  // namespace millrace::test
