// Random lives of a window, killed anywhere, against what one would say without looking inside.

#include <map>
#include <random>
#include <set>

#include "unit/dedupe/dedupe_folder.hpp"

namespace millrace {
namespace {

/// Events 0, 1, 2 … are numbered in order, flushed and committed at times, and the run is killed at
/// others; the next one begins again at the last commit.
class DedupeModel : public DedupeFolder {
 protected:
  static constexpr std::size_t kWindow = 20;
  static constexpr std::size_t kInFlight = 6;
  static constexpr std::size_t kEvents = 600;

  void live(std::uint32_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    power_ = random() % 2 == 0;
    files_->sync_is_slow = false;
    config_.window = kWindow;
    in_flight_ = kInFlight;
    next_ = kEvents;
    keys_.clear();
    for (std::size_t event = 0; event < kEvents; ++event) {
      // Most are repeats of what came a little before, or at about a window's length.
      const auto back = 1 + random() % (random() % 4 == 0 ? 2 * kWindow : 8);
      const bool repeat = random() % 3 == 0 && event >= back;
      keys_.push_back(repeat ? keys_[event - back] : "k" + std::to_string(event));
    }
    for (const auto& name : generations()) std::filesystem::remove(path() + "/" + name);
    open();
    passed_.assign(kEvents, false);
    watermark_ = 0;
    Offset next = 0;
    while (watermark_ < kEvents) {
      const auto dice = random() % 100;
      if (dice < 70 && next < kEvents && next - watermark_ < kInFlight) {
        decide(next++);
      } else if (dice < 92) {
        ASSERT_FALSE(dedupe_->flush());
        const auto newest = generations().back();
        if (random() % 10 == 0) {
          tear(newest, random);
          next = watermark_;
        } else {
          watermark_ += random() % (next - watermark_ + 1);
        }
      } else {
        open();
        next = watermark_;
      }
      if (HasFatalFailure()) return;
    }
  }

 private:
  void decide(Offset event) {
    const auto& key = keys_[event];
    const bool duplicate = asked(event, key);
    // Of the events with this key before it, the newest that passed, and how many other keys came
    // since then.
    std::size_t since = 0;
    bool known = false;
    for (Offset earlier = event; earlier-- > 0;) {
      if (!passed_[earlier]) continue;
      known = keys_[earlier] == key;
      if (known) break;
      ++since;
    }
    if (!known) {
      ASSERT_FALSE(duplicate) << "event " << event << " is the first with its key";
    }
    if (known && since < kWindow) {
      ASSERT_TRUE(duplicate) << "event " << event << " of " << since;
    }
    // A key beyond the window may be remembered a little longer, in this life or another.
    if (known && since >= kWindow + 2 * kInFlight) {
      ASSERT_FALSE(duplicate) << "event " << event;
    }
    passed_[event] = !duplicate;
  }

  // The end of the process comes in the middle of a write, which no commit has followed: the last
  // record of it is not there, or not all of it.
  void tear(const std::string& newest, std::mt19937& random) {
    dedupe_.reset();
    auto bytes = load(newest);
    std::size_t records = 0;
    while (place_of(records + 1) <= bytes.size() &&
           bytes.find_first_not_of('\0', place_of(records)) != std::string::npos) {
      ++records;
    }
    if (records > 0 && !committed(bytes, records - 1)) {
      const auto at = place_of(records - 1) + random() % kKeyRecordSize;
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), '\0');
      save(newest, bytes);
    }
    open();
  }

  bool committed(const std::string& bytes, std::size_t record) const {
    std::uint64_t offset = 0;
    for (std::size_t byte = 8; byte > 0; --byte) {
      offset = offset << 8U | static_cast<unsigned char>(bytes[place_of(record) + 7 + byte]);
    }
    return offset < watermark_;
  }

  std::vector<std::string> keys_;
  std::vector<bool> passed_;  // in the last life that came so far
  Offset watermark_ = 0;      // events before it are done
};

TEST_F(DedupeModel, DropsRepeatsWithinTheWindowAndNothingElseWhereverItIsKilled) {
  const auto seed = std::random_device{}();
  for (std::uint32_t round = 0; round < 60; ++round) {
    live(seed + round);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace millrace
