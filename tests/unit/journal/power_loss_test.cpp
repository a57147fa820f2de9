// Loss of power at any moment, on a disk that writes what is not synced in any order, or not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <random>
#include <string>

#include "unit/journal/journal_folder.hpp"

namespace millrace {
namespace {

/// Knows which bytes a sync has made durable, and what a folder held at its last sync.
class ForgetfulDisk final : public FileLayer {
 public:
  explicit ForgetfulDisk(std::string folder) : folder_(std::move(folder)) {}

  ssize_t write(int fd, std::span<const iovec> parts, off_t at) noexcept override {
    event();
    return FileLayer::write(fd, parts, at);
  }
  int sync(int fd) noexcept override {
    event();
    struct stat status{};
    ::fstat(fd, &status);
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    if (FileLayer::read(fd, bytes.data(), bytes.size(), 0) < 0) return -1;
    durable_[status.st_ino] = std::move(bytes);
    held_.try_emplace(status.st_ino, ::dup(fd));
    return 0;
  }
  int sync_folder(int) noexcept override {
    event();
    names_ = list();
    return 0;
  }

  /// What could be found after a loss of power now: of each block that was not synced either the
  /// old or the new, of the folder either the synced or the present state.
  std::map<std::string, std::string> photograph(std::mt19937& random) const {
    constexpr std::size_t kBlock = 512;
    std::map<std::string, std::string> files;
    for (const auto& [name, inode] : random() % 2 == 0 ? list() : names_) {
      const auto durable = durable_.find(inode);
      std::string bytes = durable == durable_.end() ? std::string{} : durable->second;
      const auto now = list();
      const auto present = now.find(name);
      if (present != now.end() && present->second == inode) {
        std::ifstream in(folder_ + "/" + name, std::ios::binary);
        const std::string fresh{std::istreambuf_iterator<char>(in), {}};
        bytes.resize(std::max(bytes.size(), fresh.size()));
        for (std::size_t at = 0; at < fresh.size(); at += kBlock) {
          if (random() % 2 == 0) bytes.replace(at, kBlock, fresh.substr(at, kBlock));
        }
      }
      files[name] = std::move(bytes);
    }
    return files;
  }

  std::function<void()> on_event;

 private:
  using Names = std::map<std::string, ino_t>;

  void event() {
    if (on_event) on_event();
  }

  Names list() const {
    Names names;
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
      struct stat status{};
      if (::stat(file.path().c_str(), &status) == 0) names[file.path().filename()] = status.st_ino;
    }
    return names;
  }

  const std::string folder_;
  std::map<ino_t, std::string> durable_;
  std::map<ino_t, FileDescriptor> held_;  // so that no other file gets the same number
  Names names_;
};

class PowerLoss : public JournalFolder {
 protected:
  PowerLoss() {
    config_.durability = Durability::power;
    options_.segment_bytes = 4096;
  }

  void live(std::uint32_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_.seed(seed);
    std::filesystem::remove_all(config_.path);
    disk_ = std::make_shared<ForgetfulDisk>(config_.path);
    options_.files = disk_;
    stored_.clear();
    acknowledged_ = read_ = committed_ = committing_ = 0;
    photo_.clear();
    open();
    until_photo_ = 1 + random_() % 120;
    disk_->on_event = [this] { event(); };
    while (photo_.empty()) do_something();
    disk_->on_event = nullptr;
    check_photo();
  }

  // The journal calls the disk, and perhaps the power fails there.
  void event() {
    if (until_photo_ == 0) return;
    if (--until_photo_ == 0) {
      photo_ = disk_->photograph(random_);
      acknowledged_then_ = acknowledged_;
      committed_then_ = committed_;
      committing_then_ = committing_;
    }
  }

  void do_something() {
    const auto dice = random_() % 100;
    if (dice < 60) {
      add();
    } else if (dice < 80) {
      read_ += drain().size();
    } else if (dice < 96) {
      committing_ = committed_ + random_() % (read_ - committed_ + 1);
      ASSERT_FALSE(commit(committing_));
      committed_ = committing_;
    } else {
      open();
      read_ = committed_;
    }
  }

  void add() {
    const auto bytes = std::to_string(stored_.size()) + std::string(random_() % 900, 'x');
    stored_.push_back(bytes);
    ASSERT_FALSE(append("s", bytes));
    acknowledged_ = stored_.size();
  }

  void check_photo() {
    kill();
    std::filesystem::remove_all(config_.path);
    std::filesystem::create_directory(config_.path);
    for (const auto& [name, bytes] : photo_) {
      save(std::filesystem::path(config_.path) / name, bytes);
    }
    options_.files = nullptr;
    ASSERT_EQ(refusal(), "");
    open();
    const auto entries = drain();
    Offset next = entries.empty() ? committing_then_ : entries.front().offset;
    EXPECT_GE(next, committed_then_) << "committed";
    EXPECT_LE(next, committing_then_) << "lost";
    for (const auto& entry : entries) {
      ASSERT_EQ(entry.offset, next++) << "dense";
      EXPECT_EQ(bytes_of(entry), stored_.at(entry.offset));
    }
    EXPECT_GE(next, acknowledged_then_) << "lost, although it was acknowledged";
  }

  std::mt19937 random_;
  std::shared_ptr<ForgetfulDisk> disk_;
  std::vector<std::string> stored_;
  Offset acknowledged_ = 0;
  Offset read_ = 0;
  Offset committed_ = 0;
  Offset committing_ = 0;
  std::size_t until_photo_ = 0;
  std::map<std::string, std::string> photo_;
  Offset acknowledged_then_ = 0;
  Offset committed_then_ = 0;
  Offset committing_then_ = 0;
};

TEST_F(PowerLoss, LosesNothingThatWasAcknowledgedAndIsNoDamage) {
  const auto seed = std::random_device{}();
  for (std::uint32_t round = 0; round < 150 && !HasFailure(); ++round) live(seed + round);
}

TEST_F(PowerLoss, SettlesWhatARunWithoutSyncsHasLeft) {
  for (std::uint32_t seed = 0; seed < 20 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_.seed(seed);
    std::filesystem::remove_all(config_.path);
    config_.durability = Durability::process;
    options_.files = nullptr;
    stored_.clear();
    open();
    for (int i = 0; i < 10; ++i) add();
    disk_ = std::make_shared<ForgetfulDisk>(config_.path);
    options_.files = disk_;
    config_.durability = Durability::power;
    open();
    acknowledged_then_ = acknowledged_;
    committed_then_ = committing_then_ = 0;
    photo_ = disk_->photograph(random_);
    check_photo();
  }
}

}  // namespace
}  // namespace millrace
