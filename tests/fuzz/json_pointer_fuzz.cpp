// libFuzzer: a JSON pointer finds what a walk through the parsed document finds, and whatever the
// document is, it finds something or nothing.
//
// Input: the pointer, a newline, the document.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "event/json_pointer.hpp"
#include "event/producer_key.hpp"
#include "fuzz/check.hpp"

namespace {

using namespace millrace;
using fuzz::require;
using Json = nlohmann::ordered_json;

/// A document of which equal keys all stay: an object is a list of pairs.
class Tree final : public nlohmann::json_sax<Json> {
 public:
  struct Node {
    char type = 'n';  // { [ or, as JsonPointer::find has it, s n b; 0: null
    std::string text;
    std::vector<std::string> keys;
    std::vector<Node> items;
  };

  Node root;

  bool null() override { return leaf('\0', {}); }
  bool boolean(bool value) override { return leaf('b', value ? "1" : "0"); }
  bool number_integer(number_integer_t value) override { return leaf('n', std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    return leaf('n', std::to_string(value));
  }
  bool number_float(number_float_t, const string_t& text) override { return leaf('n', text); }
  bool string(string_t& value) override { return leaf('s', value); }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& name) override {
    open_.back().keys.push_back(name);
    return true;
  }
  bool start_object(std::size_t) override { return begin('{'); }
  bool start_array(std::size_t) override { return begin('['); }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;
  }

 private:
  bool leaf(char type, std::string text) { return put({type, std::move(text), {}, {}}); }
  bool begin(char type) {
    open_.push_back({type, {}, {}, {}});
    return true;
  }
  bool end() {
    Node node = std::move(open_.back());
    open_.pop_back();
    return put(std::move(node));
  }
  bool put(Node node) {
    (open_.empty() ? root : open_.back().items.emplace_back()) = std::move(node);
    return true;
  }

  std::vector<Node> open_;
};

std::vector<std::string> tokens_of(std::string_view pointer) {
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    if (pointer[at] == '/') {
      tokens.emplace_back();
    } else if (pointer[at] == '~') {
      tokens.back() += pointer[++at] == '0' ? '~' : '/';
    } else {
      tokens.back() += pointer[at];
    }
  }
  return tokens;
}

const Tree::Node* step(const Tree::Node& node, const std::string& token) {
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const auto name = node.type == '{' ? node.keys[i] : std::to_string(i);
    if (name == token) return &node.items[i];
  }
  return nullptr;
}

std::optional<std::string> walk(const Tree::Node& root, std::string_view pointer) {
  const Tree::Node* node = &root;
  for (const auto& token : tokens_of(pointer)) {
    if (node->type != '{' && node->type != '[') return {};
    node = step(*node, token);
    if (node == nullptr) return {};
  }
  if (node->type != 's' && node->type != 'n' && node->type != 'b') return {};
  return node->type + node->text;
}

void check_key(const std::string& pointer, const std::string& document,
               const std::optional<std::string>& found) {
  Frame frame;
  frame.payload = Payload(document);
  const auto key = ProducerKey("pointer:" + pointer).of(frame);
  const bool names = found && *found != "s";
  require(key == (names ? found : std::nullopt), "a key is what the pointer finds", document);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  const auto newline = input.find('\n');
  if (newline == std::string::npos) return 0;
  const auto text = input.substr(0, newline);
  const auto document = input.substr(newline + 1);
  try {
    const auto found = JsonPointer(text).find(document);
    check_key(text, document, found);
    Tree tree;
    if (!Json::sax_parse(document, &tree)) return 0;
    require(found == walk(tree.root, text), "a pointer finds what a walk finds", input);
  } catch (const std::invalid_argument& error) {
    fuzz::require_one_line(error.what());
  }
  return 0;
}
