// libFuzzer: a document, variables and `--set` become a configuration or one line that says why
// not, which never holds a secret; what is listed of a configuration makes the same one again.
#include <fuzzer/FuzzedDataProvider.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"
#include "config/listing.hpp"
#include "config/load.hpp"
#include "config/schema.hpp"
#include "config/settings.hpp"
#include "fuzz/check.hpp"

namespace {

using namespace millrace;
using fuzz::require;

constexpr auto kSecret = "canary-bird";

const Schema& schema() {
  static const Schema only;
  return only;
}

/// A file that is nowhere on disk.
class Document {
 public:
  explicit Document(const std::string& text) {
    require(::ftruncate(fd(), 0) == 0, "the document can be emptied");
    const auto written = ::pwrite(fd(), text.data(), text.size(), 0);
    require(written == static_cast<ssize_t>(text.size()), "the document can be written");
  }
  [[nodiscard]] static std::string path() { return "/proc/self/fd/" + std::to_string(fd()); }

 private:
  static int fd() {
    static const int only = ::memfd_create("config", MFD_CLOEXEC);
    return only;
  }
};

void check_error(const ConfigError& error) {
  fuzz::require_one_line(error.what());
  require(std::string_view(error.what()).find(kSecret) == std::string_view::npos,
          "an error keeps secrets", error.what());
}

const Key& any_key(FuzzedDataProvider& in) {
  const auto& keys = schema().keys();
  return keys[in.ConsumeIntegralInRange<std::size_t>(0, keys.size() - 1)];
}

// Mostly one that there is.
std::string name(FuzzedDataProvider& in, bool variable) {
  if (in.ConsumeIntegralInRange(0, 7) == 0) {
    return (variable ? "MILLRACE_" : "") + in.ConsumeRandomLengthString(24);
  }
  const auto& sections = schema().sections();
  if (in.ConsumeIntegralInRange(0, 7) == 0) {
    const auto at = in.ConsumeIntegralInRange<std::size_t>(0, sections.size() - 1);
    return variable ? variable_of(sections[at]) : sections[at];
  }
  const Key& key = any_key(in);
  return variable ? key.variable : key.path;
}

// What can be checked without reading the schema again, which takes as long as all the rest.
bool passes(const ConfigInputs& inputs, const std::string& document) {
  try {
    Settings settings(schema());
    const auto origin = [](const std::string&) { return std::string("file"); };
    if (!document.empty()) settings.set("", parse_document(document, "file").root, origin);
    apply_environment(inputs.environment, settings);
    return true;
  } catch (const ConfigError& error) {
    check_error(error);
    return false;
  }
}

struct Read {
  ConfigInputs inputs;
  std::string document;
};

Read read_inputs(FuzzedDataProvider& in) {
  Read read;
  auto& inputs = read.inputs;
  for (const Key& key : schema().keys()) {
    if (key.secret && in.ConsumeBool()) inputs.environment[key.variable] = kSecret;
  }
  for (auto count = in.ConsumeIntegralInRange(0, 3); count > 0; --count) {
    const auto variable = name(in, true);
    // An environment is made of C strings.
    const auto value = in.ConsumeRandomLengthString(80);
    inputs.environment.emplace(variable, value.substr(0, value.find('\0')));
  }
  for (auto count = in.ConsumeIntegralInRange(0, 3); count > 0; --count) {
    const auto path = name(in, false);
    const auto equals = in.ConsumeIntegralInRange(0, 15) == 0 ? "" : "=";
    inputs.set.push_back(path + equals + in.ConsumeRandomLengthString(80));
  }
  read.document = in.ConsumeRemainingBytesAsString();
  if (read.document.empty()) return read;
  const Document file(read.document);
  inputs.file = Document::path();
  return read;
}

// As an operator would write it who saw the listing, and knows the secrets.
ConfigInputs inputs_of(const std::vector<ListedValue>& list, const Environment& secrets) {
  ConfigInputs inputs;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Key& key = schema().keys()[i];
    if (key.secret) {
      const auto given = secrets.find(key.variable);
      if (given != secrets.end()) inputs.environment.insert(*given);
      continue;
    }
    const auto value = nlohmann::json::parse(list[i].value);
    inputs.set.push_back(key.path + "=" +
                         (value.is_string() ? value.get<std::string>() : list[i].value));
  }
  return inputs;
}

void check_loaded(const Config& config, const ConfigInputs& inputs) {
  for (const auto& warning : warnings(config)) {
    fuzz::require_one_line(warning);
    require(warning.find(kSecret) == std::string::npos, "a warning keeps secrets", warning);
  }
  const auto list = list_config(config);
  for (const auto& value : list) {
    fuzz::require_one_line(value.value);
    require(value.value.find(kSecret) == std::string::npos, "a listing keeps secrets", value.path);
  }
  const auto other = list_config(load_config(inputs_of(list, inputs.environment)));
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (schema().keys()[i].secret) continue;
    require(list[i].value == other[i].value, "a listing reads back", list[i].path);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider in(data, size);
  const auto [inputs, document] = read_inputs(in);
  if (!passes(inputs, document)) return 0;
  Config config;
  try {
    config = load_config(inputs);
  } catch (const ConfigError& error) {
    check_error(error);
    return 0;
  }
  // It takes as long as everything before it once more.
  if (size % 4 != 0) return 0;
  try {
    check_loaded(config, inputs);
  } catch (const ConfigError& error) {
    fuzz::fail("a listing can be read", error.what());
  }
  return 0;
}
