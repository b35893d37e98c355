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

std::span<const std::unique_ptr<Session>> SessionList::all() const {
  if (several_) return *several_;
  return {&only_, only_ ? std::size_t{1} : std::size_t{0}};
}

Session* SessionList::find(std::string_view nsp) const {
  const auto sessions = all();
  const auto found = std::ranges::lower_bound(sessions, nsp, {}, name_of);
  return found != sessions.end() && name_of(*found) == nsp ? found->get() : nullptr;
}

void SessionList::add(std::unique_ptr<Session> session) {
  if (empty()) {
    only_ = std::move(session);
    return;
  }
  if (!several_) {
    several_ = std::make_unique<std::vector<std::unique_ptr<Session>>>();
    several_->reserve(2);
    several_->push_back(std::move(only_));
  }
  const auto place = std::ranges::lower_bound(*several_, name_of(session), {}, name_of);
  several_->insert(place, std::move(session));
}

std::unique_ptr<Session> SessionList::take(std::string_view nsp) {
  if (find(nsp) == nullptr) return nullptr;
  if (!several_) return std::move(only_);
  const auto found = std::ranges::lower_bound(*several_, nsp, {}, name_of);
  std::unique_ptr<Session> taken = std::move(*found);
  several_->erase(found);
  if (several_->size() == 1) {
    only_ = std::move(several_->front());
    several_.reset();
  }
  return taken;
}

}  // namespace securechat::chat
