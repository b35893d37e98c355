#include "protocol/engine_io.h"

#include <gtest/gtest.h>

namespace securechat::protocol::engine_io {
namespace {

TEST(EngineIoTest, DecodesEveryType) {
  for (const char type : {'0', '1', '2', '3', '4', '5', '6'}) {
    const std::string frame = std::string(1, type) + "data";
    const Result<TextPacket> packet = decode(frame);
    ASSERT_TRUE(packet.ok()) << frame;
    EXPECT_EQ(static_cast<char>(packet->type), type);
    EXPECT_EQ(packet->data, "data");
  }
  EXPECT_EQ(decode("2probe")->type, Type::kPing);
  EXPECT_EQ(decode("3")->data, "");
}

TEST(EngineIoTest, RefusesUnknownTypes) {
  for (const std::string_view frame :
       {std::string_view(), std::string_view("7"), std::string_view("/"), std::string_view("b"),
        std::string_view(" 4"), std::string_view("\0", 1), std::string_view("\xFF")}) {
    EXPECT_EQ(decode(frame).code(), Code::kInvalid) << frame;
  }
}

TEST(EngineIoTest, EncodesOpenWithExactlyItsKeys) {
  EXPECT_EQ(encode_open({.sid = "lv_VI97HAXpY6yYWAAAB"}),
            R"(0{"sid":"lv_VI97HAXpY6yYWAAAB","upgrades":[],"pingInterval":25000,)"
            R"("pingTimeout":20000,"maxPayload":1000000})");
  EXPECT_EQ(
      encode_open({.sid = "s",
                   .upgrade_to_websocket = true,
                   .ping_interval_ms = 300,
                   .ping_timeout_ms = 200,
                   .max_payload = 7}),
      R"(0{"sid":"s","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":7})");
}

}  // namespace
}  // namespace securechat::protocol::engine_io
