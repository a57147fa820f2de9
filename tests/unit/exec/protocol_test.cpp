#include "exec/protocol.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "event/base64.hpp"

namespace millrace::test {
namespace {

using Json = nlohmann::json;

Frame frame_of(std::string payload, std::string stream = "events/a") {
  Frame frame;
  frame.id = {0x5f3a9c01, 17, 0};
  frame.stream = std::move(stream);
  frame.payload = Payload(std::move(payload));
  return frame;
}

// A reply in words.
std::string reply_to(const std::string& line) {
  const auto parsed = parse_reply(line);
  if (const auto* error = std::get_if<ProtocolError>(&parsed)) return "error: " + error->why;
  const auto& reply = std::get<WorkerReply>(parsed);
  struct Words {
    std::string operator()(const Result& result) const {
      return "result " + std::string(result.payload.view());
    }
    std::string operator()(const Filtered&) const { return "filtered"; }
    std::string operator()(const Rejected& rejected) const { return "rejected " + rejected.cause; }
    std::string operator()(const Failed& failed) const {
      return (failed.again_in ? "held " : "failed ") + failed.cause;
    }
  };
  return reply.id + " " + std::visit(Words{}, reply.verdict);
}

TEST(RequestLine, IsAnObjectOnALine) {
  EXPECT_EQ(request_line(frame_of("12"), 1),
            R"({"id": "5f3a9c01-17.0", "attempt": 1, "stream": "events/a", )"
            R"("payload": "12", "encoding": "utf8"})"
            "\n");
}

TEST(RequestLine, HasBytesThatAreNoTextAsBase64) {
  EXPECT_EQ(request_line(frame_of("\xff\xfe"), 3),
            R"({"id": "5f3a9c01-17.0", "attempt": 3, "stream": "events/a", )"
            R"("payload": "//4=", "encoding": "base64"})"
            "\n");
}

TEST(RequestLine, ReplacesWhatIsNoTextInTheNameOfAStream) {
  const auto request = Json::parse(request_line(frame_of("x", "a\xff"), 1));
  EXPECT_EQ(request.at("stream"), "a\xef\xbf\xbd");
}

// Any bytes, mostly such as matter to JSON.
std::string random_bytes(std::mt19937& random, bool text) {
  static const std::string kText[] = {"a",    "\"",   "\\", "\n", "\r", "\t", {"\0", 1},
                                      "\x1f", "\x7f", "/",  "é",  "€",  "😀", "\xe2\x80\xa8"};
  std::string bytes;
  for (auto left = random() % 40; left > 0; --left) {
    bytes +=
        text ? kText[random() % std::size(kText)] : std::string(1, static_cast<char>(random()));
  }
  return bytes;
}

TEST(RequestLine, SaysAnyBytesSoThatAnotherJsonLibraryReadsThemBack) {
  std::mt19937 random(1);
  for (int i = 0; i < 4000; ++i) {
    const std::string bytes = random_bytes(random, i % 2 == 0);
    const std::string line = request_line(frame_of(bytes), 1);
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    const Json request = Json::parse(line);
    const std::string payload = request.at("payload");
    ASSERT_EQ(request.at("encoding") == "utf8" ? payload : from_base64(payload).value(), bytes);
  }
}

TEST(Reply, IsAResult) {
  EXPECT_EQ(reply_to(R"({"id": "a", "payload": "144"})"), "a result 144");
  EXPECT_EQ(reply_to(R"({"id": "a", "payload": ""})"), "a result ");
  EXPECT_EQ(reply_to(R"({"id": "a", "payload": "\u00e9\n", "encoding": "utf8"})"), "a result é\n");
  EXPECT_EQ(reply_to(R"({"id": "a", "payload": "//4=", "encoding": "base64"})"),
            "a result \xff\xfe");
}

TEST(Reply, IsAnyOtherVerdict) {
  EXPECT_EQ(reply_to(R"({"id": "a", "filtered": true})"), "a filtered");
  EXPECT_EQ(reply_to(R"({"id": "a", "rejected": "why"})"), "a rejected why");
  EXPECT_EQ(reply_to(R"({"id": "a", "failed": "why"})"), "a failed why");
}

TEST(Reply, MayBeTheRequestItself) {
  for (const std::string bytes : {"12", "\xff\x00\xfe"}) {
    std::string line = request_line(frame_of(bytes), 1);
    line.pop_back();
    EXPECT_EQ(reply_to(line), "5f3a9c01-17.0 result " + bytes);
  }
}

TEST(Reply, IsNoneWhereItDoesNotSayOneThingClearly) {
  EXPECT_EQ(reply_to(""), "error: is no JSON object");
  EXPECT_EQ(reply_to("what?"), "error: is no JSON object");
  EXPECT_EQ(reply_to(R"(["id"])"), "error: is no JSON object");
  EXPECT_EQ(reply_to(R"({"id": "a", "payload": "1"} {})"), "error: is no JSON object");
  EXPECT_EQ(reply_to("{\"id\": \"a\", \"payload\": \"\xff\"}"), "error: is no JSON object");
  EXPECT_EQ(reply_to(R"({"id": "a", "payload": "\ud800"})"), "error: is no JSON object");
  EXPECT_EQ(reply_to(R"({"payload": "1"})"), "error: has no id");
  EXPECT_EQ(reply_to(R"({"id": 1, "payload": "1"})"), "error: has no id");
  EXPECT_EQ(reply_to(R"({"id": "a"})"),
            "error: has neither payload nor filtered, rejected or failed");
  EXPECT_EQ(reply_to(R"({"id": "a", "payload": "1", "failed": "x"})"),
            "error: has both payload and failed");
  EXPECT_EQ(reply_to(R"({"id": "a", "payload": 144})"), "error: has a payload that is no text");
  EXPECT_EQ(reply_to(R"({"id": "a", "payload": "1", "encoding": "hex"})"),
            "error: has an encoding that is neither utf8 nor base64");
  EXPECT_EQ(reply_to(R"({"id": "a", "payload": "/", "encoding": "base64"})"),
            "error: has a payload that is no base64");
  EXPECT_EQ(reply_to(R"({"id": "a", "filtered": false})"),
            "error: has a filtered that is not true");
  EXPECT_EQ(reply_to(R"({"id": "a", "rejected": 1})"), "error: has a rejected that is no text");
}

TEST(Reply, MayHoldContainersWhichSayNothing) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (const std::string& container :
       {std::string("{}"), std::string(R"([{"id": "b"}, 1])"), deep}) {
    EXPECT_EQ(reply_to(R"({"x": )" + container + R"(, "id": "a", "payload": "1", "y": )" +
                       container + "}"),
              "a result 1");
    EXPECT_EQ(reply_to(R"({"id": "a", "payload": )" + container + R"(, "x": {}})"),
              "error: has a payload that is no text");
    EXPECT_EQ(reply_to(R"({"id": )" + container + R"(, "payload": "1"})"), "error: has no id");
    EXPECT_EQ(reply_to("[" + container + "]"), "error: is no JSON object");
  }
  EXPECT_EQ(reply_to(R"({"id": "a", "payload": "1", "failed": {}})"),
            "error: has both payload and failed");
}

TEST(Reply, HasItsCauseCutBetweenTwoCharacters) {
  std::string why = "x";
  for (int i = 0; i < 3000; ++i) why += "é";
  const auto parsed = parse_reply(Json{{"id", "a"}, {"failed", why}}.dump());
  const auto& cause = std::get<Failed>(std::get<WorkerReply>(parsed).verdict).cause;
  EXPECT_EQ(cause, why.substr(0, 4095) + "… (cut)");
}

TEST(Reply, FitsIntoTheLongestLineHoweverItsResultIsEscaped) {
  const std::string result(1000, '\1');
  const std::string line = Json{{"id", "5f3a9c01-17.0"}, {"payload", result}}.dump();
  EXPECT_LE(line.size(), longest_reply(result.size()));
}

TEST(Reply, NeverThrowsWhateverTheLineIs) {
  std::mt19937 random(2);
  const std::string good = R"({"id": "5f3a9c01-17.0", "payload": "//4=", "encoding": "base64"})";
  for (int i = 0; i < 20000; ++i) {
    std::string line = good.substr(0, random() % (good.size() + 1));
    for (auto changes = random() % 4; changes > 0 && !line.empty(); --changes) {
      line[random() % line.size()] = static_cast<char>(random());
    }
    EXPECT_NO_THROW(static_cast<void>(parse_reply(line))) << line;
  }
}

}  // namespace
}  // namespace millrace::test
