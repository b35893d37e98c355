#include "chat/late_ack.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "chat/chat_fixture.h"

namespace securechat::chat::testing {
namespace {

class LateAckTest : public ChatTest {
 protected:
  std::shared_ptr<LateAck> keep_one(const std::unique_ptr<Client>& client) {
    std::shared_ptr<LateAck> kept;
    hooks.events[{"/", "ask"}] = [&kept](MessageDraft& draft) {
      kept = draft.ack;
      return auth::Verdict::kAllow;
    };
    client->say(R"({"type":"ask","ref":1,"data":1})");
    return kept;
  }
};

// Shows: R103
TEST_F(LateAckTest, ItIsGivenOnceAndAfterTheEvent) {
  auto ada = join_plain("ada");
  const std::shared_ptr<LateAck> ack = keep_one(ada);
  ASSERT_NE(ack, nullptr);
  EXPECT_TRUE(ada->heard().empty());
  EXPECT_EQ(ack->give("[2]", {}), LateAck::Given::kOnItsWay);
  EXPECT_EQ(ack->give("[3]", {}), LateAck::Given::kAlready);
  settle();
  EXPECT_EQ(ack_of(*ada), "2");
}

// A host that holds on to a message beyond the server, whose tables are gone.
// Shows: R103
TEST_F(LateAckTest, AShardThatTakesNothingMoreIsNotAskedForItsSessions) {
  auto ada = join_plain("ada");
  const std::shared_ptr<LateAck> ack = keep_one(ada);
  ASSERT_NE(ack, nullptr);
  mailbox->close();
  EXPECT_EQ(ack->give("[2]", {}), LateAck::Given::kSessionGone);
}

}  // namespace
}  // namespace securechat::chat::testing
