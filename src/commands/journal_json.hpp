// What `millrace journal` prints, as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "journal/offline_journal.hpp"

namespace millrace {

/// All there is to know of a journal without its entries.
[[nodiscard]] nlohmann::ordered_json stat_json(const OfflineJournal& journal);

/// One entry, with its payload and properties or without.
[[nodiscard]] nlohmann::ordered_json entry_json(const Entry& entry, std::uint32_t epoch,
                                                bool with_payload);

[[nodiscard]] nlohmann::ordered_json damage_json(const Damage& damage);

}  // namespace millrace
