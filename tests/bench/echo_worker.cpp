// bench_worker: a worker process that answers with what it was given.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    auto event = nlohmann::json::parse(line);
    event.erase("attempt");
    event.erase("stream");
    std::cout << event.dump() << std::endl;
  }
}
