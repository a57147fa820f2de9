#include "config/schema_check.hpp"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "config/schema_text.hpp"

namespace millrace {
namespace {

// Valijson names a place as `<root>`, `[source]`, `[qos]`, and says each failure again for every
// object around it.
std::string path_of(const std::vector<std::string>& context) {
  std::string path;
  for (std::size_t i = 1; i < context.size(); ++i) {
    if (i > 1) path += '.';
    path += context[i].substr(1, context[i].size() - 2);
  }
  return path;
}

}  // namespace

std::set<std::string> schema_violations(const nlohmann::json& document) {
  using Adapter = valijson::adapters::NlohmannJsonAdapter;
  const nlohmann::json text = nlohmann::json::parse(schema_text());
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(Adapter(text), schema);
  valijson::Validator validator;
  valijson::ValidationResults results;
  std::set<std::string> paths;
  if (validator.validate(schema, Adapter(document), &results)) return paths;
  for (const auto& error : results) paths.insert(path_of(error.context));
  return paths;
}

}  // namespace millrace
