#include "chat/namespaces.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chat/chat_fixture.h"

namespace securechat::chat::testing {
namespace {

using Texts = std::vector<std::string>;

TEST(NamespaceNames, APatternStandsForWhatItSays) {
  struct Case {
    std::string pattern;
    std::string name;
    bool matches;
  };
  const Case cases[] = {
      {"/admin", "/admin", true},
      {"/admin", "/admin2", false},
      {"/admin", "/admi", false},
      {"/project-*", "/project-1", true},
      {"/project-*", "/project-a b\xC3\xA9", true},
      {"/project-*", "/project-", false},
      {"/project-*", "/project-1/x", false},
      {"/project-*", "/project", false},
      {"/project-*", "/Project-1", false},
      {"/team/*", "/team/7", true},
      {"/team/*", "/team//", false},
      {"/team/*", "/team/", false},
      {"/team/*", "/team/7/8", false},
      {"/*", "/", false},
      {"/*", "/x", true},
      {"/*", "/*", true},
      {"/*/b", "/a/b", true},
      {"/*/b", "/a/c/b", false},
      {"/*-*", "/a-b", true},
      {"/*-*", "/a-b-c", true},
      {"/*-*", "/-b", false},
      {"/*-*", "/--b", true},
      {"/*-*", "/a-", false},
      {"/a*b", "/aXbYb", true},
      {"/a*b", "/ab", false},
      {"/a*b/c*d", "/axb/cxd", true},
      {"/a*b/c*d", "/axb/cd", false},
      {"/a*b/c*d", "/ax/bcxd", false},
      {"/*ab*c", "/xaabxc", true},
      {"/*aab", "/aaaab", true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(namespace_matches(c.pattern, c.name), c.matches) << c.pattern << " " << c.name;
  }
}

// Fails, by its time, when a wildcard before the newest one is tried again.
// Shows: R71
TEST(NamespaceNames, ManyWildcardsTakeNoTime) {
  std::string pattern = "/";
  for (int i = 0; i < 120; ++i) pattern += "*a";
  EXPECT_FALSE(namespace_matches(pattern + "b", "/" + std::string(255, 'a')));
}

TEST(NamespaceNames, WhatNoClientCouldJoinIsRefusedWithItsReason) {
  for (const std::string& good :
       {std::string("/"), std::string("/admin"), std::string("/project-*"), std::string("/a/b/*"),
        std::string("/caf\xC3\xA9"), "/" + std::string(255, 'x')}) {
    EXPECT_TRUE(check_namespace(good).ok()) << good;
  }
  struct Case {
    std::string name;
    std::string reason;
  };
  const Case cases[] = {
      {"", "begins with \"/\""},
      {"admin", "begins with \"/\""},
      {"*", "begins with \"/\""},
      {"/" + std::string(256, 'x'), "256 bytes"},
      {"/a,b", "commas"},
      {"/a?b", "question marks"},
      {"/a\nb", "control characters"},
      {"/a\x7F", "control characters"},
      {std::string("/a\0b", 4), "control characters"},
      {"/\xFF", "UTF-8"},
      {"//", "empty part"},
      {"/a/", "empty part"},
      {"/a//b", "empty part"},
      {"/team//*", "empty part"},
      {"/**", "\"**\""},
      {"/team/x**", "\"**\""},
  };
  for (const Case& c : cases) {
    const Status status = check_namespace(c.name);
    EXPECT_EQ(status.code(), Code::kInvalid) << c.name;
    EXPECT_NE(status.message().find(c.reason), std::string::npos) << status.message();
  }
}

class NamespacesTest : public ChatTest {
 protected:
  NamespacesTest() { declare({"/admin", "/project-*"}); }

  void declare(std::vector<std::string> names) {
    declared = std::move(names);
    use_history(History::in_memory(std::make_shared<MemoryStore>(100, true)));
  }
  // Everything that the client hears of its CONNECT.
  Texts join(Client& client, const std::string& nsp, const std::string& token) {
    client.say("40" + nsp + R"(,{"token":")" + token + "\"}");
    settle();
    return client.heard();
  }
};

// Shows: R8 S9
TEST_F(NamespacesTest, EachJoinPassesTheFiltersAndTheUndeclaredIsNamedLast) {
  Texts asked;
  host_filters.push_back({"names", 0, [&asked](auth::Handshake& handshake) {
                            asked.push_back(handshake.nsp);
                            return handshake.nsp == "/project-x" ? auth::Verdict::kDeny
                                                                 : auth::Verdict::kNext;
                          }});
  declare({"/admin", "/project-*"});
  auto ada = join_socket_io("ada");
  EXPECT_TRUE(join(*ada, "/admin", "ada").at(0).starts_with(R"(40/admin,{"sid":)"));
  EXPECT_TRUE(join(*ada, "/project-1", "ada").at(0).starts_with(R"(40/project-1,{"sid":)"));
  EXPECT_NE(join(*ada, "/project-x", "ada").at(0).find(R"("FORBIDDEN")"), std::string::npos);
  EXPECT_EQ(namespaces_->find("/project-x"), nullptr) << "nothing is made for the refused";
  EXPECT_EQ(
      join(*ada, "/other", "ada"),
      Texts{R"(44/other,{"message":"Invalid namespace","data":{"code":"INVALID_NAMESPACE"}})"});
  EXPECT_NE(join(*ada, "/other", "nobody").at(0).find("AUTH_FAILED"), std::string::npos);
  EXPECT_EQ(asked, (Texts{"/", "/admin", "/project-1", "/project-x", "/other", "/other"}));
  EXPECT_FALSE(ada->socket.closing());
}

// Shows: R52 S10
TEST_F(NamespacesTest, TheyAreApart) {
  auto ada = join_socket_io("ada");
  auto bob = join_socket_io("bob");
  join(*ada, "/admin", "ada");
  join(*bob, "/project-1", "bob");
  ada->say(R"(42/admin,["send-message",{"message":"secret"}])");
  EXPECT_EQ(ada->heard().size(), 1U);
  EXPECT_TRUE(bob->heard().empty());
  ada->say(R"(42["send-message",{"message":"open"}])");
  EXPECT_TRUE(ada->heard().at(0).starts_with(R"(42["receive-message")"));
  EXPECT_TRUE(bob->heard().at(0).starts_with(R"(42["receive-message")"));
  namespaces_->find("/project-1")->emit({}, "news", "[1]", {});
  EXPECT_TRUE(ada->heard().empty());
  EXPECT_EQ(bob->heard(), Texts{R"(42/project-1,["news",1])"});
}

TEST_F(NamespacesTest, ThoseOfAPatternComeWithTheirFirstAndGoWithTheirLast) {
  auto ada = join_socket_io("ada");
  auto bob = join_socket_io("bob");
  EXPECT_EQ(namespaces_->find("/project-1"), nullptr);
  join(*ada, "/project-1", "ada");
  join(*bob, "/project-1", "bob");
  EXPECT_EQ(namespaces_->find("/project-1")->declared_as(), "/project-*");
  ada->say("41/project-1,");
  EXPECT_NE(namespaces_->find("/project-1"), nullptr);
  bob->leave();
  EXPECT_EQ(namespaces_->find("/project-1"), nullptr);
  join(*ada, "/admin", "ada");
  ada->say("41/admin,");
  EXPECT_NE(namespaces_->find("/admin"), nullptr) << "declared by name: it stays";
}

// Shows: R72
TEST_F(NamespacesTest, TheirNumberIsBounded) {
  for (std::size_t i = 0; i < Namespaces::kMaxFromPatterns; ++i) {
    ASSERT_NE(namespaces_->open("/project-" + std::to_string(i)), nullptr);
  }
  EXPECT_EQ(namespaces_->open("/project-x"), nullptr);
  auto ada = join_socket_io("ada");
  EXPECT_NE(join(*ada, "/project-x", "ada").at(0).find(R"("BUSY")"), std::string::npos);
  EXPECT_FALSE(ada->socket.closing());
  namespaces_->release(*namespaces_->find("/project-7"));
  EXPECT_TRUE(join(*ada, "/project-x", "ada").at(0).starts_with("40/project-x,"));
}

// A name may look like its pattern; fails when the two are taken for the same.
TEST_F(NamespacesTest, ANameThatIsItsPatternIsForgottenToo) {
  auto ada = join_socket_io("ada");
  EXPECT_TRUE(join(*ada, "/project-*", "ada").at(0).starts_with("40/project-*,"));
  ada->say("41/project-*,");
  EXPECT_EQ(namespaces_->find("/project-*"), nullptr);
}

// Shows: R63
TEST_F(NamespacesTest, RefusalsElsewhereDoNotEndASession) {
  auto ada = join_socket_io("ada");
  for (int i = 0; i < 20; ++i) join(*ada, "/admin", "nobody");
  EXPECT_FALSE(ada->socket.closing());
  ada->say("41");
  for (int i = 0; i < 8; ++i) join(*ada, "/admin", "nobody");
  EXPECT_TRUE(ada->socket.closing());
}

TEST_F(NamespacesTest, APlainPeerHasTheMainOneOnly) {
  auto ada = join_plain("ada");
  ada->say(R"({"type":"auth","token":"ada"})");
  EXPECT_EQ(ada->socket.close_code, 1008);
}

}  // namespace
}  // namespace securechat::chat::testing
