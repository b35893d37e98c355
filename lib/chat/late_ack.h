#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mailbox.h"
#include "chat/types.h"

namespace securechat::chat {

struct Environment;
class LiveSessions;
class Session;

// The acknowledgement that a client asked the host for: given once, from any thread, during the
// host's handler or after it. When it is destroyed without, {"ok":true} is given. While it is due,
// a drain waits for it.
class LateAck {
 public:
  // On the session's shard.
  LateAck(Session& session, std::string ack, Environment& environment, const LiveSessions& live);
  ~LateAck();
  LateAck(const LateAck&) = delete;
  LateAck& operator=(const LateAck&) = delete;

  enum class Given { kOnItsWay, kAlready, kSessionGone };
  // `args` is a JSON array that was checked.
  Given give(std::string args, std::vector<std::string> attachments);
  // On the shard: nothing is given any more, because the event is answered in another way. False
  // when it has been given.
  [[nodiscard]] bool withdraw();

 private:
  // False when the shard takes nothing more.
  bool post(std::string args, std::vector<std::string> attachments);

  const SessionId session_;
  const std::string ack_;
  Environment& environment_;  // Used by tasks on the shard only.
  const LiveSessions& live_;
  const std::shared_ptr<Mailbox> home_;
  std::atomic<bool> given_ = false;
};

}  // namespace securechat::chat
