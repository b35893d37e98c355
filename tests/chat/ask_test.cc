#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "chat/chat_fixture.h"
#include "chat/session.h"

namespace securechat::chat::testing {
namespace {

// What the host asks one session, and how it ends.
class AskTest : public ChatTest {
 protected:
  void ask(const std::string& user, const Emission& question, std::int64_t timeout_ms = 1'000) {
    sessions.of_user("id-" + user)
        .at(0)
        ->ask(question, timeout_ms, [this](const AckAnswer& answer) {
          ++ends_;
          code_ = answer.code;
          args_ = answer.args;
          attachments_.assign(answer.attachments.begin(), answer.attachments.end());
        });
  }

  int ends_ = 0;
  Code code_ = Code::kOk;
  std::string args_;
  std::vector<std::string> attachments_;
};

const Emission kPicture{"look", R"([{"_placeholder":true,"num":0}])", {"pixels"}};

TEST_F(AskTest, AttachmentsGoBothWays) {
  auto ada = join_socket_io("ada");
  ada->heard();
  ask("ada", kPicture);
  EXPECT_EQ(ada->heard(),
            (std::vector<std::string>{R"(451-1["look",{"_placeholder":true,"num":0}])", "pixels"}));
  ada->say(R"(461-1[{"_placeholder":true,"num":0}])");
  EXPECT_EQ(ends_, 0) << "the attachment is still to come";
  ada->transport->on_message(false, "seen");
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(code_, Code::kOk);
  EXPECT_EQ(args_, R"([{"_placeholder":true,"num":0}])");
  EXPECT_EQ(attachments_, std::vector<std::string>{"seen"});
}

TEST_F(AskTest, APlainPeerCannotBeAskedWithAttachments) {
  auto ada = join_plain("ada");
  ada->heard();
  ask("ada", kPicture);
  EXPECT_EQ(code_, Code::kUnsupported);
  EXPECT_EQ(args_, "[]");
  EXPECT_TRUE(ada->heard().empty());
  ask("ada", {"look", "[1]", {}});
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(ada->heard(), std::vector<std::string>{R"({"type":"look","ref":1,"data":1})"});
  ada->say(R"({"type":"ack","ref":1,"data":2})");
  EXPECT_EQ(args_, "[2]");
}

}  // namespace
}  // namespace securechat::chat::testing
