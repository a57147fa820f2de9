#include "event/envelope.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

Frame frame_from(std::string stream) {
  Frame frame;
  frame.id = {0x5f3a9c01, 17, 0};
  frame.stream = std::move(stream);
  frame.received = std::chrono::system_clock::time_point(std::chrono::milliseconds(1769860800123));
  return frame;
}

TEST(Envelope, IsOneLineThatNamesTheEvent) {
  EXPECT_EQ(envelope_json(frame_from("events/a"), Payload(std::string("144\n"))),
            R"({"id":"5f3a9c01-17.0","stream":"events/a","received":"2026-01-31T12:00:00.123Z",)"
            R"("payload":"144\n","encoding":"utf8"})");
}

TEST(Envelope, HoldsBytesThatAreNoTextInBase64) {
  EXPECT_EQ(envelope_json(frame_from("a"), Payload(std::string("\xff\x00", 2))),
            R"({"id":"5f3a9c01-17.0","stream":"a","received":"2026-01-31T12:00:00.123Z",)"
            R"("payload":"/wA=","encoding":"base64"})");
}

TEST(Envelope, HoldsAnEmptyResult) {
  EXPECT_EQ(envelope_json(frame_from("a"), Payload()),
            R"({"id":"5f3a9c01-17.0","stream":"a","received":"2026-01-31T12:00:00.123Z",)"
            R"("payload":"","encoding":"utf8"})");
}

TEST(Envelope, WritesAStreamThatIsNoTextAsFarAsItIs) {
  EXPECT_NE(envelope_json(frame_from("a\xff"), Payload()).find("\"stream\":\"a\xef\xbf\xbd\""),
            std::string::npos);
}

}  // namespace
}  // namespace millrace
