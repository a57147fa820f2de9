// A secret is in no message and in no listing, whatever else is wrong.
#include <gtest/gtest.h>

#include <sstream>

#include "commands/print_config.hpp"
#include "config/schema.hpp"
#include "inputs.hpp"

namespace millrace::test {
namespace {

const std::string kSecret = "hunter2";

// Inputs that hold the secret of `key`, each with a mistake somewhere.
std::vector<ConfigInputs> mistaken(const Key& key, const TempFolder& folder) {
  const std::string& path = key.path;
  const std::string name = path.substr(path.rfind('.') + 1);
  const std::string section = path.substr(0, path.rfind('.'));
  std::vector<ConfigInputs> all(9);
  all[0].set = {path + "=" + kSecret, "source.qos=7"};
  all[1].set = {path + "=" + kSecret + "\x01\xff"};
  all[2].set = {path + kSecret + "=x" + kSecret, "source.qos=7"};
  all[3].set = {path + ":" + kSecret};
  all[4].environment = {{key.variable, kSecret + std::string(1, '\0')}};
  all[5].environment = {{variable_of(section), "{\"" + name + "\": [\"" + kSecret + "\"]}"}};
  all[6].environment = {{variable_of(section), "{\"" + name + "\": \"" + kSecret + "\", }"}};
  all[7].environment = {{key.variable, kSecret}, {key.variable + "_FILE", "/none"}};
  all[8].environment = {{key.variable + "_FILE", folder.write("bad", kSecret + "\xff" + kSecret)}};
  return all;
}

class Secret : public testing::TestWithParam<std::string> {
 protected:
  const Schema schema_;
  const Key& key_ = *schema_.find(GetParam());
};

TEST_P(Secret, IsInNoMessage) {
  const TempFolder folder;
  for (const ConfigInputs& inputs : mistaken(key_, folder)) {
    try {
      static_cast<void>(load_config(inputs));
      ADD_FAILURE() << "no error";
    } catch (const ConfigError& error) {
      const std::string hidden = replaced(error.what(), key_.path + kSecret, "");
      EXPECT_EQ(hidden.find(kSecret), std::string::npos) << error.what();
    }
  }
}

TEST_P(Secret, IsInNoMessageAboutAFile) {
  const TempFolder folder;
  std::string path = key_.path;
  std::replace(path.begin(), path.end(), '.', '/');
  nlohmann::json document;
  document[nlohmann::json::json_pointer("/" + path)] = kSecret;
  const std::string good = document.dump(1);
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    ConfigInputs inputs;
    inputs.file = folder.write("config.json", good.substr(0, cut));
    try {
      static_cast<void>(load_config(inputs));
      ADD_FAILURE() << "no error";
    } catch (const ConfigError& error) {
      EXPECT_EQ(std::string(error.what()).find("hun"), std::string::npos) << error.what();
    }
  }
}

std::vector<std::string> secrets() {
  std::vector<std::string> found;
  const Schema schema;
  for (const Key& key : schema.keys()) {
    if (key.secret) found.push_back(key.path);
  }
  return found;
}

INSTANTIATE_TEST_SUITE_P(OfTheSchema, Secret, testing::ValuesIn(secrets()),
                         [](const auto& key) { return replaced(key.param, ".", "_"); });

TEST(Secrets, AreUserNamesPasswordsPassphrasesTokensAndHeaders) {
  EXPECT_EQ(secrets(), (std::vector<std::string>{
                           "source.username", "source.password", "source.token", "source.headers",
                           "source.tls.key_passphrase", "sink.username", "sink.password",
                           "sink.token", "sink.headers", "sink.tls.key_passphrase", "http.token"}));
}

TEST(Secrets, AreNotPrinted) {
  const TempFolder folder;
  const std::string pem = folder.write("any.pem", "");
  ConfigInputs inputs;
  inputs.set = {"source.url=mqtts://broker", "source.tls.cert=" + pem, "source.tls.key=" + pem};
  for (const std::string& path : secrets()) {
    const bool headers = path.ends_with(".headers");
    const std::string value = headers ? "{\"X-Key\": \"" + kSecret + "\"}" : kSecret;
    if (!path.starts_with("sink.tls")) inputs.set.push_back(path + "=" + value);
  }
  std::ostringstream out;
  EXPECT_EQ(print_config(load_config(inputs), out), 0);
  EXPECT_EQ(out.str().find(kSecret), std::string::npos);
  EXPECT_NE(out.str().find("sink.password = \"***\"  # MILLRACE_SINK_PASSWORD\n"),
            std::string::npos);
  EXPECT_NE(out.str().find("sink.headers = \"***\"  # MILLRACE_SINK_HEADERS\n"), std::string::npos);
  EXPECT_NE(out.str().find("http.token = \"***\"  # MILLRACE_HTTP_TOKEN\n"), std::string::npos);
}

TEST(Secrets, AreMaskedInAUrlThatIsRefused) {
  EXPECT_EQ(show_text("mqtt://joe:hunter2@broker"), "\"mqtt://***@broker\"");
  EXPECT_EQ(show_text("mqtt://joe:hun@ter2@broker"), "\"mqtt://***@broker\"");
  EXPECT_EQ(show_text("joe:hunter2@broker"), "\"***@broker\"");
  EXPECT_EQ(show_text("a/b@c"), "\"a/b@c\"");
}

}  // namespace
}  // namespace millrace::test
