#include "chat/session_list.h"

#include <algorithm>
#include <string>
#include <utility>

#include "chat/namespace.h"
#include "chat/session.h"

namespace securechat::chat {
namespace {

const std::string& name_of(const std::unique_ptr<Session>& session) {
  return session->nsp().name();
}

}  // namespace

SessionList::SessionList() = default;
SessionList::~SessionList() = default;

Session* SessionList::find(std::string_view nsp) const {
  const auto found = std::ranges::lower_bound(sessions_, nsp, {}, name_of);
  return found != sessions_.end() && name_of(*found) == nsp ? found->get() : nullptr;
}

void SessionList::add(std::unique_ptr<Session> session) {
  const auto place = std::ranges::lower_bound(sessions_, name_of(session), {}, name_of);
  sessions_.insert(place, std::move(session));
}

std::unique_ptr<Session> SessionList::take(std::string_view nsp) {
  const auto found = std::ranges::lower_bound(sessions_, nsp, {}, name_of);
  if (found == sessions_.end() || name_of(*found) != nsp) return nullptr;
  std::unique_ptr<Session> taken = std::move(*found);
  sessions_.erase(found);
  return taken;
}

}  // namespace securechat::chat
