#include "commands/journal.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "commands/journal_json.hpp"
#include "event/event_id.hpp"
#include "journal/journal_error.hpp"
#include "journal/offline_journal.hpp"
#include "journal/repair.hpp"
#include "pipeline/control.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kOk = static_cast<int>(ExitCode::clean);
constexpr int kFailed = static_cast<int>(ExitCode::failed);
constexpr int kUsage = static_cast<int>(ExitCode::usage);
constexpr int kUnsafe = static_cast<int>(ExitCode::unsafe);

void print(std::ostream& out, const Json& json) {
  out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

int warn_of_damage(const OfflineJournal& journal, std::ostream& err) {
  if (journal.found().damages.empty()) return kOk;
  err << "millrace journal: it is damaged, what cannot be read is left out; see `millrace journal "
         "stat` and `millrace journal repair`\n";
  return kUnsafe;
}

int stat(const std::string& path, std::ostream& out, std::ostream& err) {
  const OfflineJournal journal(path);
  print(out, stat_json(journal));
  return warn_of_damage(journal, err);
}

int list(const std::string& path, bool with_payload, std::ostream& out, std::ostream& err) {
  const OfflineJournal journal(path);
  journal.waiting([&](const Entry& entry) {
    print(out, entry_json(entry, journal.found().epoch, with_payload));
  });
  return warn_of_damage(journal, err);
}

int skip(const std::string& text, const Config& config, std::ostream& out, std::ostream& err) {
  const auto id = parse_event_id(text);
  if (!id) {
    err << "millrace journal skip: \"" << text
        << "\" is no event id; one looks like 5f3a9c01-1742.0\n";
    return kUsage;
  }
  OfflineJournal journal(config.journal.path);
  const auto answer = journal.skip(*id, config.framing.type == FramingType::whole);
  if (const auto* not_waiting = std::get_if<OfflineJournal::NotWaiting>(&answer)) {
    err << "millrace journal skip: " << text << " cannot be skipped: " << not_waiting->why
        << "; `millrace journal list` shows what waits\n";
    return kFailed;
  }
  print(out, {{"skipped", text}});
  return kOk;
}

int repair(const std::string& path, std::ostream& out) {
  const OfflineJournal journal(path);
  const auto report = repair_journal(journal, std::chrono::system_clock::now());
  for (const auto& damage : report.damages) {
    auto json = damage_json(damage);
    json["kept"] = report.kept.empty() ? Json(nullptr) : Json(report.kept);
    print(out, json);
  }
  return kOk;
}

int act(const JournalArguments& arguments, const Config& config, std::ostream& out,
        std::ostream& err) {
  const auto& path = config.journal.path;
  switch (arguments.action) {
    case JournalAction::stat:
      return stat(path, out, err);
    case JournalAction::list:
      return list(path, false, out, err);
    case JournalAction::export_all:
      return list(path, true, out, err);
    case JournalAction::skip:
      return skip(arguments.id, config, out, err);
    case JournalAction::repair:
      return repair(path, out);
    case JournalAction::set_aside:
      print(out, {{"set_aside", set_aside_journal(path, std::chrono::system_clock::now())}});
      return kOk;
  }
  return kUsage;
}

}  // namespace

int journal(const JournalArguments& arguments, const Config& config, std::ostream& out,
            std::ostream& err) {
  try {
    return act(arguments, config, out, err);
  } catch (const JournalError& error) {
    err << "millrace: " << error.what() << '\n';
    return kUnsafe;
  }
}

}  // namespace millrace
