#include "event/json_pointer.hpp"

#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace millrace {
namespace {

using Path = std::vector<JsonPointer::Token>;

std::string unescaped(std::string_view token) {
  std::string name;
  for (std::size_t at = 0; at < token.size(); ++at) {
    if (token[at] != '~') {
      name += token[at];
      continue;
    }
    const char code = ++at < token.size() ? token[at] : ' ';
    if (code != '0' && code != '1') {
      throw std::invalid_argument("in a JSON pointer ~ stands only in ~0 and ~1 (RFC 6901)");
    }
    name += code == '0' ? '~' : '/';
  }
  return name;
}

std::optional<std::size_t> index_of(std::string_view name) {
  std::size_t index = 0;
  const char* const end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data(), end, index);
  if (error != std::errc{} || rest != end) return std::nullopt;
  if (name.size() > 1 && name.front() == '0') return std::nullopt;
  return index;
}

/// Hears the document go by; only what lies on the path is looked at. Of members with one name the
/// first counts. Every event answers whether reading is to go on.
class Finder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Finder(const Path& path) : path_(path) {}

  std::optional<std::string> found;

  bool null() override { return scalar({}); }
  bool boolean(bool value) override { return scalar(value ? "b1" : "b0"); }
  bool number_integer(number_integer_t value) override {
    return scalar('n' + std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return scalar('n' + std::to_string(value));
  }
  bool number_float(number_float_t, const string_t& text) override { return scalar('n' + text); }
  bool string(string_t& value) override { return scalar('s' + value); }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& name) override {
    if (skipped_ == 0) levels_.back().here = name == path_[levels_.size() - 1].name;
    return true;
  }
  bool start_object(std::size_t) override { return begin({.array = false}); }
  bool start_array(std::size_t) override { return begin({.array = true}); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;
  }

 private:
  struct Level {
    bool array = false;
    std::size_t next = 0;  // element of an array
    bool here = false;     // the member whose key came last is on the path
  };

  // Whether the value that begins now is on the path.
  bool on_path() {
    if (levels_.empty()) return true;
    Level& level = levels_.back();
    if (!level.array) return level.here;
    return path_[levels_.size() - 1].index == level.next++;
  }

  bool scalar(std::string value) {
    if (skipped_ > 0 || !on_path()) return true;
    if (levels_.size() == path_.size() && !value.empty()) found = std::move(value);
    return false;
  }

  bool begin(Level level) {
    if (skipped_ > 0 || !on_path()) {
      ++skipped_;
      return true;
    }
    if (levels_.size() == path_.size()) return false;
    levels_.push_back(level);
    return true;
  }

  bool end() {
    if (skipped_ == 0) return false;
    --skipped_;
    return true;
  }

  const Path& path_;
  std::vector<Level> levels_;  // objects and arrays on the path
  std::size_t skipped_ = 0;    // levels of one that is not
};

}  // namespace

JsonPointer::JsonPointer(std::string_view text) {
  if (text.empty() || text.front() != '/') {
    throw std::invalid_argument("a JSON pointer begins with / (RFC 6901)");
  }
  while (!text.empty()) {
    text.remove_prefix(1);
    const auto token = text.substr(0, text.find('/'));
    auto name = unescaped(token);
    const auto index = index_of(name);
    path_.push_back({std::move(name), index});
    text.remove_prefix(token.size());
  }
}

std::optional<std::string> JsonPointer::find(std::string_view document) const {
  Finder finder(path_);
  static_cast<void>(nlohmann::json::sax_parse(document, &finder));
  return std::move(finder.found);
}

}  // namespace millrace
