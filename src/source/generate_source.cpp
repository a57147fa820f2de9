#include "source/generate_source.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "source/thread_source.hpp"

namespace millrace {
namespace {

class GenerateSource final : public ThreadSource {
 public:
  explicit GenerateSource(const GenerateQuery& query) : ThreadSource("generate"), query_(query) {}
  ~GenerateSource() override { stop(); }
  GenerateSource(const GenerateSource&) = delete;
  GenerateSource& operator=(const GenerateSource&) = delete;

  // Whole numbers can always be framed, and where they are joined the next frame starts afresh.
  void close_stream(const std::string& /*stream*/) override {}

 private:
  using Clock = std::chrono::steady_clock;

  void run() override {
    auto due = Clock::now();
    for (std::uint64_t index = 1; !query_.count || index <= *query_.count; ++index) {
      due = std::max(due + query_.interval, Clock::now());
      if (query_.interval.count() > 0 && !gate().wait_until(due)) return;
      if (!pass(std::to_string(index))) return;
    }
    end();
  }

  const GenerateQuery query_;
};

}  // namespace

SourcePtr make_generate_source(const GenerateQuery& query) {
  return std::make_unique<GenerateSource>(query);
}

}  // namespace millrace
