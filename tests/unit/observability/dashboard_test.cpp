#include "observability/dashboard.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace millrace {
namespace {

const std::string kFolder = MILLRACE_SOURCE_DIR "/src/observability/dashboard/";

std::string file(const std::string& name) {
  std::ifstream in(kFolder + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

HttpRoutes dashboard() {
  HttpRoutes routes;
  add_dashboard(routes);
  return routes;
}

TEST(DashboardTest, ServesItsFilesAsTheyAre) {
  const HttpRoutes routes = dashboard();
  EXPECT_EQ(routes.at("/").get().body, file("index.html"));
  EXPECT_EQ(routes.at("/").get().type, "text/html; charset=utf-8");
  for (const auto& [path, route] : routes) {
    if (path == "/") continue;
    EXPECT_EQ(route.get().body, file(path.substr(sizeof "/dashboard"))) << path;
  }
}

TEST(DashboardTest, ServesEverythingThatItsFilesAskFor) {
  const HttpRoutes routes = dashboard();
  std::set<std::string> asked;
  const std::regex in_html(R"re((?:src|href)="([^"#]+)")re");
  const std::regex in_script(R"re(from "\./([^"]+)")re");
  for (const auto& [path, route] : routes) {
    const std::string text = route.get().body;
    for (std::sregex_iterator at(text.begin(), text.end(), in_html), end; at != end; ++at) {
      asked.insert((*at)[1]);
    }
    for (std::sregex_iterator at(text.begin(), text.end(), in_script), end; at != end; ++at) {
      asked.insert("/dashboard/" + (*at)[1].str());
    }
  }
  EXPECT_GE(asked.size(), 3U);
  for (const std::string& path : asked) EXPECT_TRUE(routes.contains(path)) << path;
}

TEST(DashboardTest, MayLoadNothingFromElsewhere) {
  for (const auto& [path, route] : dashboard()) {
    const HttpResponse response = route.get();
    EXPECT_TRUE(route.open) << path;
    std::string policy;
    for (const auto& [name, value] : response.headers) {
      if (name == "Content-Security-Policy") policy = value;
    }
    EXPECT_TRUE(policy.starts_with("default-src 'none';")) << path;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << path;
    EXPECT_EQ(response.body.find("https://"), std::string::npos) << path;
    EXPECT_EQ(response.body.find(" style=\""), std::string::npos) << path << ": CSP forbids it";
  }
}

}  // namespace
}  // namespace millrace
