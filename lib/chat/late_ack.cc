#include "chat/late_ack.h"

#include <utility>

#include "chat/environment.h"
#include "chat/session.h"
#include "chat/session_table.h"

namespace securechat::chat {

LateAck::LateAck(Session& session, std::string ack, Environment& environment,
                 const LiveSessions& live)
    : session_(session.id()),
      ack_(std::move(ack)),
      environment_(environment),
      live_(live),
      home_(environment.home) {
  session.begin_work();
}

LateAck::~LateAck() {
  if (!given_.exchange(true)) post(R"([{"ok":true}])", {});
}

LateAck::Given LateAck::give(std::string args, std::vector<std::string> attachments) {
  if (given_.exchange(true)) return Given::kAlready;
  // A shard that takes nothing more may be of a server that has been destroyed meanwhile, with the
  // table of its sessions: a host may hold on to a message for too long.
  const bool sent = post(std::move(args), std::move(attachments));
  return sent && live_.contains(session_) ? Given::kOnItsWay : Given::kSessionGone;
}

bool LateAck::withdraw() {
  if (given_.exchange(true)) return false;
  Session* session = environment_.sessions.find(session_);
  if (session != nullptr) session->end_work();
  return true;
}

bool LateAck::post(std::string args, std::vector<std::string> attachments) {
  return home_->post([session = session_, ack = ack_, environment = &environment_,
                      args = std::move(args), attachments = std::move(attachments)] {
    Session* target = environment->sessions.find(session);
    if (target == nullptr) return;
    target->send_ack(ack, args, attachments);
    target->end_work();
  });
}

}  // namespace securechat::chat
