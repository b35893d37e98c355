// What one connection may send in ten seconds, whatever it sends.
#include <gtest/gtest.h>

#include "chat/chat_fixture.h"

namespace securechat::chat::testing {
namespace {

class Budget : public ChatTest {
 protected:
  void allow(std::size_t packets, std::size_t bytes) {
    options.packets_per_window = packets;
    options.bytes_per_window = bytes;
    connection_options.ping_interval_ms = 3'600'000;
    use_history(History::in_memory(std::make_shared<MemoryStore>(100, true)));
  }
};

// The CONNECT is the first of them.
// Shows: R65
TEST_F(Budget, EveryKindOfPacketCounts) {
  allow(20, 1'000'000);
  const std::string of_each_kind[] = {
      R"(42["nothing"])",                                // An event that nobody handles,
      R"(427["nothing"])",                               // one that wants to be answered,
      R"(42["send-message",5])",                         // a malformed message,
      R"(42["typing",{"room":"lobby","typing":true}])",  // one that goes to others,
      R"(437["to a question that nobody asked"])",       // an acknowledgement of nothing,
      R"(40/nowhere,{"token":"ada"})",                   // and a refused join.
  };
  for (const std::string& packet : of_each_kind) {
    const bool refusals = packet.starts_with("40");
    auto ada = join_socket_io("ada");
    for (int i = 0; i < 19; ++i) {
      ada->say(packet);
      settle();
    }
    EXPECT_FALSE(ada->socket.closing()) << packet;
    if (refusals) ada->heard();
    ada->say(packet);
    settle();
    EXPECT_TRUE(ada->socket.closing()) << packet;
    ada->leave();
  }
}

// Shows: R65
TEST_F(Budget, BytesCountAndAttachmentsAreBytes) {
  allow(1'000, 20'000);
  auto ada = join_socket_io("ada");
  ada->say(R"(42["nothing",")" + std::string(9'000, 'x') + "\"]");
  ada->say(R"(451-["nothing",{"_placeholder":true,"num":0}])");
  ada->transport->on_message(false, std::string(9'000, 'x'));
  EXPECT_FALSE(ada->socket.closing());
  ada->say(R"(42["nothing",")" + std::string(9'000, 'x') + "\"]");
  EXPECT_TRUE(ada->socket.closing());
}

TEST_F(Budget, ItComesAgain) {
  allow(10, 1'000'000);
  auto ada = join_socket_io("ada");
  for (int window = 0; window < 5; ++window) {
    pass(10'000);
    for (int i = 0; i < 10; ++i) ada->say(R"(42["nothing"])");
    EXPECT_FALSE(ada->socket.closing()) << window;
  }
}

}  // namespace
}  // namespace securechat::chat::testing
