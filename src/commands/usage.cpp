#include "commands/usage.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "config/suggest.hpp"
#include "config/topic.hpp"

namespace millrace {
namespace {

// The command that was given, down to its action.
const CLI::App& given_command(const CLI::App& app) {
  const auto given = app.get_subcommands();
  return given.empty() ? app : given_command(*given.front());
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* each : app.get_subcommands({})) names.push_back(each->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* each : at->get_options()) {
      if (each->get_group().empty()) continue;  // hidden
      for (const std::string& name : each->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

// `a, b or c`.
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 < names.size() ? ", " : " or ";
    text += names[i];
  }
  return text;
}

std::string help_of(const CLI::App& command) {
  std::string words = command.get_name();
  for (const CLI::App* at = command.get_parent(); at != nullptr; at = at->get_parent()) {
    words = at->get_name() + " " + words;
  }
  return words + " --help";
}

std::string not_expected(const CLI::App& command, const std::string& word) {
  const bool option = word.size() > 1 && word.front() == '-';
  const auto known = option ? option_names(command) : command_names(command);
  if (known.empty()) return "\"" + word + "\": " + command.get_name() + " takes no such argument";
  const std::string what = option ? "option" : "command";
  const std::string name = word.substr(0, word.find('='));
  const std::string guess = nearest(name, known, '-');
  std::string text = "\"" + name + "\": there is no such " + what;
  if (!guess.empty()) return text + "; did you mean " + guess + "?";
  return option ? text : text + "; there are " + listed(known);
}

}  // namespace

std::string usage_problem(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = given_command(app);
  const auto unknown = app.remaining(true);
  std::string text = error.what();
  if (!unknown.empty()) {  // whatever is missing may be what was meant
    text = not_expected(command, unknown.front());
  } else if (command.get_require_subcommand_min() > 0) {
    text = command.get_name() + ": needs one of " + listed(command_names(command));
  }
  return text + "; see " + help_of(command);
}

CLI::Validator count_from_one() {
  return {
      [](std::string& text) {
        const bool digits = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
          return c >= '0' && c <= '9';
        });
        const bool some = std::any_of(text.begin(), text.end(), [](char c) { return c != '0'; });
        return digits && some ? std::string() : "\"" + text + "\" must be a whole number from 1 on";
      },
      "from 1", "count"};
}

CLI::Validator stream_or_filter() {
  return {[](std::string& text) {
            try {
              static_cast<void>(parse_subscription(text));
            } catch (const std::invalid_argument& wrong) {
              return "\"" + text + "\": " + wrong.what();
            }
            return std::string();
          },
          "", "stream"};
}

}  // namespace millrace
