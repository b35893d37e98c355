#include "chat/memory_store.h"

#include <algorithm>
#include <utility>

namespace securechat::chat {
namespace {

std::string key_of(std::string_view nsp, std::string_view room) {
  return std::string(nsp).append(1, '\n').append(room);
}

}  // namespace

History::Appended MemoryStore::append(storage::Message message) {
  MutexLock lock(mutex_);
  return number(std::move(message));
}

void MemoryStore::append(storage::Message message,
                         const std::function<void(History::Appended)>& stored) {
  MutexLock lock(mutex_);
  stored(number(std::move(message)));
}

History::Appended MemoryStore::number(storage::Message message) {
  Log& log = rooms_[key_of(message.nsp, message.room)];
  if (!message.client_id.empty()) {
    const auto first = std::find_if(
        log.messages.begin(), log.messages.end(), [&message](const storage::Message& kept) {
          return kept.client_id == message.client_id && kept.user_id == message.user_id;
        });
    if (first != log.messages.end()) return {Status(), *first, true};
  }
  message.seq = ++log.last_seq;
  message.commit_seq = ++newest_commit_;
  if (pages_ || !message.client_id.empty()) {
    log.messages.push_back(message);
    if (log.messages.size() > keep_) log.messages.pop_front();
  }
  return {Status(), std::move(message), false};
}

storage::HistoryPage MemoryStore::page(const storage::HistoryQuery& query) const {
  MutexLock lock(mutex_);
  storage::HistoryPage page;
  const auto room = rooms_.find(key_of(query.nsp, query.room));
  if (!pages_ || room == rooms_.end()) return page;
  const std::deque<storage::Message>& all = room->second.messages;
  const auto by_seq = [](const storage::Message& kept, std::int64_t seq) {
    return kept.seq < seq;
  };
  auto first = query.after >= 0 ? std::lower_bound(all.begin(), all.end(), query.after + 1, by_seq)
                                : all.begin();
  auto last =
      query.before > 0 ? std::lower_bound(first, all.end(), query.before, by_seq) : all.end();
  page.more = last - first > query.limit;
  if (page.more) {
    if (query.after >= 0) {
      last = first + query.limit;
    } else {
      first = last - query.limit;
    }
  }
  page.messages.assign(first, last);
  return page;
}

storage::Missed MemoryStore::missed(const storage::MissedQuery& query) const {
  MutexLock lock(mutex_);
  storage::Missed missed;
  missed.newest = newest_commit_;
  for (const storage::MissedQuery::Room& wanted : query.rooms) {
    const auto room = rooms_.find(key_of(query.nsp, wanted.name));
    if (room == rooms_.end()) continue;
    const Log& log = room->second;
    const auto first = std::upper_bound(
        log.messages.begin(), log.messages.end(), wanted.after,
        [](std::int64_t after, const storage::Message& kept) { return after < kept.commit_seq; });
    // What was forgotten may have been among what is missed.
    const bool forgotten =
        first == log.messages.begin() && !log.messages.empty() && log.messages.front().seq > 1;
    missed.more = missed.more || forgotten;
    missed.messages.insert(missed.messages.end(), first, log.messages.end());
  }
  std::ranges::sort(missed.messages, {}, &storage::Message::commit_seq);
  if (missed.messages.size() > query.limit) {
    missed.more = true;
    missed.messages.resize(query.limit);
  }
  return missed;
}

Result<std::int64_t> MemoryStore::open_room(std::string_view nsp, std::string_view room,
                                            bool create) {
  MutexLock lock(mutex_);
  const std::string key = key_of(nsp, room);
  if (!create && !rooms_.contains(key)) return {Code::kNotFound, "there is no such room"};
  return rooms_[key].last_seq;
}

}  // namespace securechat::chat
