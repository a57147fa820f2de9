// Worker processes in C++: put your own code into process_event.
//
//   g++ -std=c++17 -O2 -o build/cpp-worker config/examples/cpp-worker/worker.cpp
//   printf 'one\ntwo\n' | millrace run --config config/examples/cpp-worker/config.json
//
// One JSON object a line comes in, and one goes out for each; what is written to stderr goes to
// millrace's log. Needs nlohmann-json3-dev.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

namespace {

using Json = nlohmann::json;

// Throws where the event may work later.
Json process_event(const std::string& payload, const std::string& encoding) {
  if (encoding != "utf8") return {{"rejected", "not text"}};
  return {{"payload", std::string(payload.rbegin(), payload.rend())}};
}

Json answer(const Json& event) {
  Json reply;
  try {
    reply = process_event(event.at("payload"), event.at("encoding"));
  } catch (const std::exception& error) {
    reply = {{"failed", error.what()}};
  }
  reply["id"] = event.at("id");
  return reply;
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    // Reversed text need not be UTF-8 any more.
    std::cout << answer(Json::parse(line)).dump(-1, ' ', true, Json::error_handler_t::replace)
              << std::endl;
  }
}
