#include "auth/kept_handshake.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string_view>

namespace securechat::auth {
namespace {

class OneHeader final : public HeaderSource {
 public:
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const override {
    if (name == "x-team") return "staff";
    return std::nullopt;
  }
};

Handshake judged() {
  Handshake handshake;
  handshake.address = *IpAddress::parse("192.0.2.7");
  handshake.tls = true;
  handshake.path = "/socket.io/";
  handshake.query = "EIO=4";
  handshake.transport = "websocket";
  handshake.origin = "https://chat.example";
  handshake.token = "token";
  handshake.bearer_header = true;
  handshake.token_from_cookie = true;
  handshake.origin_fault = Fault::kInvalidOrigin;
  return handshake;
}

TEST(KeptHandshakeTest, WhatAFilterLooksAtComesBack) {
  auto kept = std::make_unique<const KeptHandshake>(judged(), std::make_unique<const OneHeader>());
  const Handshake restored = kept->restore();
  kept.reset();  // A join may outlive the connection.
  EXPECT_EQ(restored.headers->header("x-team"), "staff");
  EXPECT_EQ(restored.path, "/socket.io/");
  EXPECT_EQ(restored.query, "EIO=4");
  EXPECT_EQ(restored.transport, "websocket");
  EXPECT_EQ(restored.origin, "https://chat.example");
  EXPECT_EQ(restored.token, "token");
}

TEST(KeptHandshakeTest, WithoutFiltersWhatTheChecksNeedDoes) {
  const KeptHandshake kept(judged(), nullptr);
  const Handshake restored = kept.restore();
  EXPECT_EQ(restored.headers, nullptr);
  EXPECT_EQ(restored.address, judged().address);
  EXPECT_TRUE(restored.tls);
  EXPECT_TRUE(restored.bearer_header);
  EXPECT_TRUE(restored.token_from_cookie);
  EXPECT_EQ(restored.token, "token");
  EXPECT_EQ(restored.origin_fault, Fault::kInvalidOrigin);
  EXPECT_FALSE(restored.principal.has_value());
}

}  // namespace
}  // namespace securechat::auth
