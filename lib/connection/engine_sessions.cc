#include "connection/engine_sessions.h"

#include <utility>

namespace securechat::connection {

EngineSessions::EngineSessions(ExchangeAnswers& answers, TimerQueue& timers, const Clock& clock,
                               EngineDirectory* directory)
    : answers_(answers), timers_(timers), clock_(clock), directory_(directory), burial_([this] {
        retired_.clear();
      }) {}

EngineSessions::~EngineSessions() {
  end_all(net::CloseCause::kLocal);
}

bool EngineSessions::has_room(const Peer& peer) const {
  if (strangers_ >= kStrangers) return false;
  const auto found = strangers_by_address_.find(peer.address);
  return found == strangers_by_address_.end() || found->second < kStrangersPerAddress;
}

EngineSession& EngineSessions::add(std::string_view sid, Peer peer,
                                   const SharedValue<EngineOptions>& options,
                                   std::unique_ptr<EngineClient> client) {
  auto session = std::make_unique<EngineSession>(sid, peer, options, std::move(client), *this);
  EngineSession& added = *session;
  sessions_.add(std::move(session));
  if (directory_ != nullptr) {
    directory_->add(added.sid(),
                    {std::make_shared<const Peer>(std::move(peer)), added.payload_limit()});
  }
  return added;
}

void EngineSessions::open_polling(std::string_view sid, Peer peer,
                                  const SharedValue<EngineOptions>& options,
                                  std::unique_ptr<EngineClient> client, net::ExchangeId id) {
  EngineSession& session = add(sid, std::move(peer), options, std::move(client));
  count_stranger(session, true);
  session.open_polling(id);
}

std::unique_ptr<net::SocketHandler> EngineSessions::open_websocket(
    std::string_view sid, Peer peer, const SharedValue<EngineOptions>& options,
    std::unique_ptr<EngineClient> client) {
  return add(sid, std::move(peer), options, std::move(client)).open_websocket();
}

EngineSession* EngineSessions::find(std::string_view sid) const {
  const std::unique_ptr<EngineSession>* found = sessions_.find(sid);
  return found == nullptr ? nullptr : found->get();
}

void EngineSessions::poll(EngineSession& session, net::ExchangeId id) {
  waiting_.insert_or_assign(id, &session);
  session.poll(id);
}

std::optional<net::HttpResponse> EngineSessions::begin_post(EngineSession& session,
                                                            net::ExchangeId id) {
  std::optional<net::HttpResponse> refusal = session.begin_post(id);
  if (!refusal) waiting_.insert_or_assign(id, &session);
  return refusal;
}

void EngineSessions::post(EngineSession& session, net::ExchangeId id, std::string_view content_type,
                          std::string_view body) {
  waiting_.insert_or_assign(id, &session);
  session.post(id, content_type, body);
}

void EngineSessions::gone(net::ExchangeId id) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  EngineSession* session = found->second;
  waiting_.erase(found);
  session->gone(id);
}

void EngineSessions::end_all(net::CloseCause cause) {
  std::vector<EngineSession*> all;
  all.reserve(sessions_.size());
  sessions_.for_each([&](const auto& session) { all.push_back(session.get()); });
  for (EngineSession* session : all) session->end(cause);  // Each lives until the burial.
}

void EngineSessions::answer(net::ExchangeId id, net::HttpResponse response) {
  waiting_.erase(id);
  answers_.answer(id, std::move(response));
}

void EngineSessions::retire(EngineSession& session) {
  std::unique_ptr<EngineSession> retired =
      sessions_.take(session.sid(), [&](const auto& other) { return other.get() == &session; });
  if (!retired) return;
  count_stranger(session, false);
  if (directory_ != nullptr) directory_->erase(session.sid());
  retired_.push_back(std::move(retired));
  burial_.start(timers_, clock_.monotonic_ms());
}

void EngineSessions::admitted(EngineSession& session, bool joined) {
  if (find(session.sid()) != &session) return;
  count_stranger(session, !joined && !session.uses_websocket());
  if (directory_ != nullptr) {
    directory_->set_payload_limit(session.sid(), session.payload_limit());
  }
}

void EngineSessions::count_stranger(EngineSession& session, bool stranger) {
  if (session.set_stranger(stranger) == stranger) return;
  const std::string address(session.address());
  if (stranger) {
    ++strangers_;
    ++strangers_by_address_[address];
    return;
  }
  --strangers_;
  const auto count = strangers_by_address_.find(address);
  if (--count->second == 0) strangers_by_address_.erase(count);
}

}  // namespace securechat::connection
