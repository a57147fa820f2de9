// Properties of a PUBLISH between our form and Paho's (MQTT 5, 3.3.2.3).
#pragma once

#include <mqtt/properties.h>

#include <cstddef>
#include <memory>
#include <string_view>

#include "millrace/chunk.hpp"

namespace millrace {

/// Those that we know of; null where there are none of them.
[[nodiscard]] std::shared_ptr<const Properties> from_paho(const mqtt::properties& properties);

/// Value of the first user property of that name, or nothing. Lifetime: that of the properties.
[[nodiscard]] std::string_view find_user_property(const mqtt::properties& properties,
                                                  std::string_view name) noexcept;

[[nodiscard]] mqtt::properties to_paho(const Properties& properties);

/// Bytes that they take in a packet, at most.
[[nodiscard]] std::size_t wire_size(const mqtt::properties& properties);

}  // namespace millrace
