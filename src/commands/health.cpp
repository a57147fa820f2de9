#include "commands/health.hpp"

#include <ostream>
#include <string>
#include <variant>

#include "config/url.hpp"
#include "net/http_address.hpp"
#include "net/http_client.hpp"

namespace millrace {

int health(const HealthArguments& arguments, const Config& config, std::ostream& out,
           std::ostream& err) {
  if (config.http.listen.empty()) {
    err << "millrace health: http.listen is empty, so there is nothing to ask\n";
    return 1;
  }
  HttpQuestion question;
  question.address = reachable(parse_listen(config.http.listen));
  question.path = arguments.ready ? "/readyz" : "/livez";
  question.token = config.http.token;
  const auto answer = http_get(question);
  if (const auto* none = std::get_if<std::string>(&answer)) {
    err << "millrace health: no answer from " << to_string(question.address)
        << " (http.listen): " << *none << '\n';
    return 1;
  }
  const auto& received = std::get<HttpReceived>(answer);
  out << received.body;
  if (received.body.empty() || received.body.back() != '\n') out << '\n';
  if (received.status == 401) err << "millrace health: http.token is not that of the process\n";
  return received.status == 200 ? 0 : 1;
}

}  // namespace millrace
