#include "commands/demo_view.hpp"

#include <array>
#include <cstdio>
#include <ostream>
#include <string_view>
#include <utility>

namespace millrace {
namespace {

struct Style {
  std::string_view name;
  std::string_view colour;  // ECMA-48 SGR
};

constexpr std::array<Style, 4> kStyles{{{"submitted", "\x1b[36m"},
                                        {"started", "\x1b[33m"},
                                        {"finished", "\x1b[32m"},
                                        {"result", "\x1b[1m"}}};
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::size_t kStepWidth = 9;

std::string seconds(std::chrono::duration<double> time) {
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.1f s", time.count());
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + text;
}

std::string left(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(text.size() < width ? width - text.size() : 0, ' ');
}

std::string worker(const Attempt& attempt) {
  return "worker " + std::to_string(attempt.worker + 1);
}

}  // namespace

DemoView::DemoView(const DemoArguments& arguments, std::ostream& out, bool colour,
                   std::function<Clock::time_point()> now)
    : arguments_(arguments),
      colour_(colour),
      now_(std::move(now)),
      start_(now_()),
      out_(out),
      last_(start_) {}

void DemoView::begin() {
  const std::lock_guard lock(mutex_);
  out_ << arguments_.events << " events, one every " << seconds(arguments_.interval) << ", with "
       << seconds(arguments_.work) << " of work each, for " << arguments_.workers
       << " workers; every result is the square of its event\n\n"
       << std::flush;
}

void DemoView::end() {
  const std::lock_guard lock(mutex_);
  out_ << '\n'
       << results_ << " of " << arguments_.events << " results, "
       << (out_of_order_ == 0 ? std::string("all in order")
                              : std::to_string(out_of_order_) + " out of order")
       << ", in " << seconds(last_ - start_) << "; one after another the work takes "
       << seconds(arguments_.work * arguments_.events) << '\n'
       << std::flush;
}

void DemoView::line(Step step, const Frame& frame, const std::string& what) {
  const auto& [name, colour] = kStyles.at(static_cast<std::size_t>(step));
  const std::lock_guard lock(mutex_);
  last_ = now_();
  out_ << right(seconds(last_ - start_), 8) << "  " << (colour_ ? colour : "")
       << left(name, kStepWidth) << (colour_ ? kPlain : "") << "  event "
       << right(std::string(frame.payload.view()), std::to_string(arguments_.events).size())
       << (what.empty() ? "" : "  ") << what << '\n'
       << std::flush;
}

void DemoView::frame_cut(const Frame& frame) {
  line(Step::submitted, frame, "");
}

void DemoView::work_started(const Frame& frame, const Attempt& attempt) {
  line(Step::started, frame, worker(attempt));
}

void DemoView::work_finished(const Frame& frame, const Attempt& attempt, const Verdict&) {
  line(Step::finished, frame, worker(attempt));
}

void DemoView::outcome_emitted(const Outcome& outcome) {
  const auto* result = std::get_if<Result>(&outcome.verdict);
  {
    const std::lock_guard lock(mutex_);
    if (outcome.frame->number != results_) ++out_of_order_;
    ++results_;
  }
  line(Step::result, *outcome.frame, result ? std::string(result->payload.view()) : "none");
}

void DemoView::notice(const Notice& notice) {
  if (notice.severity < Severity::warning) return;
  const std::lock_guard lock(mutex_);
  out_ << notice.component << ": " << notice.text << '\n' << std::flush;
}

}  // namespace millrace
