#include "net/deflate_offer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace securechat::net {
namespace {

// The parameters of the answer, "declined" or "malformed".
std::string answered(std::string_view header) {
  const DeflateAnswer answer = answer_deflate_offers(header);
  if (answer.malformed) return "malformed";
  return answer.accepted ? answer.accepted->to_string() : "declined";
}

TEST(DeflateOffer, Accepted) {
  EXPECT_EQ(answered("permessage-deflate"), "");
  EXPECT_EQ(answered("permessage-deflate; client_max_window_bits"), "");
  EXPECT_EQ(answered("permessage-deflate;server_no_context_takeover"),
            "; server_no_context_takeover");
  EXPECT_EQ(answered("permessage-deflate ; client_no_context_takeover\t"),
            "; client_no_context_takeover");
  EXPECT_EQ(answered("permessage-deflate; server_max_window_bits=8"), "; server_max_window_bits=8");
  EXPECT_EQ(answered("permessage-deflate; server_max_window_bits = 15"),
            "; server_max_window_bits=15");
  EXPECT_EQ(answered("permessage-deflate; client_max_window_bits=\"10\""),
            "; client_max_window_bits=10");
  EXPECT_EQ(answered("permessage-deflate; client_max_window_bits=\"1\\0\""),
            "; client_max_window_bits=10");
  EXPECT_EQ(answered("permessage-deflate; client_max_window_bits=9; server_max_window_bits=12; "
                     "client_no_context_takeover; server_no_context_takeover"),
            "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; "
            "client_max_window_bits=9");
}

TEST(DeflateOffer, Declined) {
  for (const std::string_view parameters :
       {"unknown",
        "unknown=1",
        "server_no_context_takeover=1",
        "client_no_context_takeover=true",
        "server_no_context_takeover; server_no_context_takeover",
        "client_no_context_takeover; client_no_context_takeover",
        "server_max_window_bits",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=08",
        "server_max_window_bits=+9",
        "server_max_window_bits=9x",
        "server_max_window_bits=x",
        "server_max_window_bits=4294967305",
        "server_max_window_bits=10; server_max_window_bits=10",
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=010",
        "client_max_window_bits; client_max_window_bits",
        "client_max_window_bits; client_max_window_bits=10",
        "client_max_window_bits=10; client_max_window_bits",
        "Server_no_context_takeover"}) {
    EXPECT_EQ(answered("permessage-deflate; " + std::string(parameters)), "declined") << parameters;
  }
  EXPECT_EQ(answered(""), "declined");
  EXPECT_EQ(answered(" , ,\t,"), "declined");
  EXPECT_EQ(answered("x-webkit-deflate-frame"), "declined");
  EXPECT_EQ(answered("permessage-deflate2, x-permessage-deflate"), "declined");
}

TEST(DeflateOffer, TheFirstThatCanBeAccepted) {
  EXPECT_EQ(answered("permessage-deflate; server_max_window_bits=7, "
                     "permessage-deflate; unknown, "
                     "permessage-deflate; server_max_window_bits=10, permessage-deflate"),
            "; server_max_window_bits=10");
  EXPECT_EQ(answered("permessage-deflate,permessage-deflate; server_no_context_takeover"), "");
  EXPECT_EQ(answered(",, x-other; a=b; c=\"d\" ,permessage-deflate; server_no_context_takeover,"),
            "; server_no_context_takeover");
}

TEST(DeflateOffer, MalformedAsAWhole) {
  for (const std::string_view header :
       {";", "permessage-deflate;", "permessage-deflate; ",
        "permessage-deflate; =", "permessage-deflate; a=", "permessage-deflate; a=,",
        "permessage-deflate; a=\"", "permessage-deflate; a=\"\"", "permessage-deflate; a=\"b c\"",
        "permessage-deflate; a=\"b", "permessage-deflate; a=\"b\\", "permessage-deflate; a=\"b\"c",
        "permessage-deflate x", "permessage-deflate; a b", "permessage-deflate, (x)", "x; a=b=c",
        "permessage-deflate=1", "permessage-deflate; a;; b", "permessage\xC3\xA4"}) {
    EXPECT_EQ(answered(header), "malformed") << header;
  }
}

}  // namespace
}  // namespace securechat::net
