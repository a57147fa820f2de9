#include "config/document.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "config/error.hpp"
#include "event/utf8.hpp"

namespace millrace {
namespace {

using Json = nlohmann::json;

// The parser tells where it is only when it fails; counting what it has read tells it always.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, std::size_t* count) : at_(at), count_(count) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*count_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }

 private:
  const char* at_;
  std::size_t* count_;
};

int line_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  return 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
}

// In characters of the line, from 1.
int column_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto newline = before.rfind('\n');
  const auto line = newline == std::string_view::npos ? before : before.substr(newline + 1);
  return 1 + static_cast<int>(std::count_if(line.begin(), line.end(), [](char c) {
           return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
         }));
}

[[noreturn]] void fail(std::string_view text, const std::string& name, std::size_t offset,
                       const std::string& why) {
  throw ConfigError(name + ":" + std::to_string(line_of(text, offset)) + ":" +
                    std::to_string(column_of(text, offset)) + ": " + why);
}

// Where the first character that is no UTF-8 begins.
std::size_t first_bad_byte(std::string_view text) {
  constexpr std::size_t kLongest = 4;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t size = 1;
    while (size <= kLongest && !is_utf8(text.substr(at, size))) ++size;
    if (size > kLongest) return at;
    at += size;
  }
  return at;
}

// Follows the parser's events: the path it is at, keys seen twice, lines.
class Walker {
 public:
  Walker(std::string_view text, std::string name, const std::size_t& read)
      : text_(text), name_(std::move(name)), read_(read) {}

  bool operator()(Json::parse_event_t event, const Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        begin(event == Json::parse_event_t::array_start);
        break;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        levels_.pop_back();
        break;
      case Json::parse_event_t::key:
        key(parsed.get_ref<const std::string&>());
        break;
      case Json::parse_event_t::value:
        element();
        break;
    }
    return true;
  }

  std::map<std::string, int> lines;

 private:
  struct Level {
    bool array = false;
    std::set<std::string> keys;
    std::string current;    // of an object: the key
    std::size_t count = 0;  // of an array: elements that have begun
  };

  [[nodiscard]] std::string path() const {
    std::string path;
    for (const Level& each : levels_) {
      if (each.array) {
        path += "[" + std::to_string(each.count - 1) + "]";
      } else {
        path += (path.empty() ? "" : ".") + each.current;
      }
    }
    return path;
  }

  void begin(bool array) {
    const std::size_t at = read_ > 0 ? read_ - 1 : 0;
    element();
    if (!array && !levels_.empty() && levels_.back().array) lines.emplace(path(), line_at(at));
    if (levels_.size() == kDeepestValue) {
      fail(text_, name_, at,
           "nested too deeply: at most " + std::to_string(kDeepestValue) + " levels");
    }
    levels_.push_back({.array = array});
  }

  // A value begins: one more, where it is an array's.
  void element() {
    if (levels_.empty() || !levels_.back().array) return;
    ++levels_.back().count;
  }

  // Counts on from the place before, which is nearly always an earlier one.
  int line_at(std::size_t at) {
    if (at < counted_to_) counted_to_ = 0, line_ = 1;
    const auto part = text_.substr(counted_to_, at - counted_to_);
    line_ += static_cast<int>(std::count(part.begin(), part.end(), '\n'));
    counted_to_ = at;
    return line_;
  }

  void key(const std::string& key) {
    Level& level = levels_.back();
    level.current = key;
    std::string path = this->path();
    const std::size_t quoted = key.size() + 2;
    const std::size_t at = read_ >= quoted ? read_ - quoted : 0;
    if (!level.keys.insert(key).second) fail(text_, name_, at, show_text(path) + " is given twice");
    lines.emplace(std::move(path), line_at(at));
  }

  std::string_view text_;
  std::string name_;
  const std::size_t& read_;
  std::size_t counted_to_ = 0;
  int line_ = 1;
  std::vector<Level> levels_;
};

std::string explain(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return "not valid JSON: it ends too early";
  const char c = text[offset];
  if (c == '/' || c == '#') return "not valid JSON: comments are not allowed";
  if (std::string_view("{}[],:").find(c) != std::string_view::npos) {
    return std::string("not valid JSON: ") + c + " is not expected here";
  }
  if (c == '"') return "not valid JSON: a text is not expected here, or ends wrongly";
  if (c == '\'') return "not valid JSON: texts stand in double quotes";
  if (c == '\n') return "not valid JSON: the line ends too early";
  return "not valid JSON";
}

}  // namespace

Document parse_document(std::string_view text, const std::string& name) {
  if (!is_utf8(text)) fail(text, name, first_bad_byte(text), "not valid UTF-8");
  std::size_t read = 0;
  Walker walker(text, name, read);
  const CountingIterator begin(text.data(), &read);
  const CountingIterator end(text.data() + text.size(), &read);
  Document document;
  try {
    document.root = Json::parse(
        begin, end,
        [&walker](int, Json::parse_event_t event, Json& parsed) { return walker(event, parsed); });
  } catch (const Json::parse_error& error) {
    const std::size_t offset = error.byte > 0 ? error.byte - 1 : 0;
    fail(text, name, offset, explain(text, offset));
  } catch (const Json::out_of_range&) {
    fail(text, name, read, "a number is out of range");
  }
  if (!document.root.is_object()) fail(text, name, 0, "the document must be a JSON object");
  document.lines = std::move(walker.lines);
  return document;
}

}  // namespace millrace
