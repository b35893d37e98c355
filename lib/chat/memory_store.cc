#include "chat/memory_store.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace securechat::chat {
namespace {

std::string key_of(std::string_view nsp, std::string_view room) {
  return std::string(nsp).append(1, '\n').append(room);
}

}  // namespace

void MemoryStore::append(storage::Message message, const Stored& stored) {
  MutexLock lock(mutex_);
  stored(number(std::move(message)));
}

void MemoryStore::change(const Change& change, const Stored& stored) {
  MutexLock lock(mutex_);
  stored(apply(change));
}

History::Appended MemoryStore::number(storage::Message message) {
  Log& log = rooms_[key_of(message.nsp, message.room)];
  if (!message.client_id.empty()) {
    const auto first =
        std::find_if(log.messages.begin(), log.messages.end(), [&message](const Kept& kept) {
          return kept.client_id == message.client_id && kept.user_id == message.user_id;
        });
    if (first != log.messages.end()) return {Status(), *first, true};
  }
  message.seq = ++log.last_seq;
  message.commit_seq = ++newest_commit_;
  if (pages_ || !message.client_id.empty()) keep(log, message);
  return {Status(), std::move(message), false};
}

storage::HistoryPage MemoryStore::page(const storage::HistoryQuery& query) const {
  MutexLock lock(mutex_);
  storage::HistoryPage page;
  const auto room = rooms_.find(key_of(query.nsp, query.room));
  if (!pages_ || room == rooms_.end()) return page;
  const std::deque<Kept>& all = room->second.messages;
  const bool forward = query.after >= 0;
  const auto first =
      forward ? std::ranges::lower_bound(all, query.after + 1, {}, &Kept::seq) : all.begin();
  const auto last =
      query.before > 0 ? std::ranges::lower_bound(all, query.before, {}, &Kept::seq) : all.end();
  const auto count = std::max<std::ptrdiff_t>(last - first, 0);
  for (std::ptrdiff_t i = 0; i < count && !page.more; ++i) {
    const Kept& kept = forward ? first[i] : last[-1 - i];
    if (kept.deleted) continue;
    page.more = page.messages.size() == static_cast<std::size_t>(query.limit);
    if (!page.more) page.messages.push_back(kept);
  }
  if (!forward) std::ranges::reverse(page.messages);
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
    bool knows_all = log.messages.empty() || log.messages.front().seq == 1;
    for (const Kept& kept : log.messages) {
      if (kept.commit_seq <= wanted.after) {
        knows_all = true;
        if (kept.changed <= wanted.after) continue;
        missed.messages.push_back(kept);
        missed.messages.back().change_seq = kept.changed;
      } else if (!kept.deleted) {
        missed.messages.push_back(kept);
      }
    }
    // What was forgotten may have been among what is missed.
    missed.more = missed.more || !knows_all;
  }
  std::ranges::sort(missed.messages, {}, &storage::Message::place);
  if (missed.messages.size() > query.limit) {
    missed.more = true;
    missed.messages.resize(query.limit);
  }
  return missed;
}

// A deque moves nothing when it grows or loses an end: what is borrowed of its elements stays.
void MemoryStore::keep(Log& log, const storage::Message& message) {
  Kept& kept = log.messages.emplace_back(Kept{message});
  if (pages_) by_id_.emplace(kept.id, &kept);
  if (log.messages.size() <= keep_) return;
  by_id_.erase(log.messages.front().id);
  log.messages.pop_front();
}

Result<MemoryStore::Kept*> MemoryStore::look_up(const Change& of) const {
  const auto found = by_id_.find(of.id);
  if (found == by_id_.end() || found->second->nsp != of.nsp || found->second->deleted) {
    return {Code::kNotFound, "there is no such message"};
  }
  // Rooms that are not kept have no owner.
  const bool author = !of.user_id.empty() && found->second->user_id == of.user_id;
  if (!author && !of.moderator) return {Code::kDenied, "the message is somebody else's"};
  return found->second;
}

Result<storage::Message> MemoryStore::find(const Change& of) const {
  MutexLock lock(mutex_);
  const Result<Kept*> kept = look_up(of);
  if (!kept.ok()) return kept.status();
  return static_cast<const storage::Message&>(**kept);
}

Result<std::vector<storage::PastBody>> MemoryStore::past(const Change& of) const {
  MutexLock lock(mutex_);
  const Result<Kept*> kept = look_up(of);
  if (!kept.ok()) return kept.status();
  std::vector<storage::PastBody> past = (*kept)->past;
  // From the newest on, as many as fit.
  std::size_t bytes = 0;
  auto first = past.end();
  while (first != past.begin() && (bytes += std::prev(first)->body.size()) <= storage::kPastBytes) {
    --first;
  }
  if (first == past.end() && first != past.begin()) --first;
  past.erase(past.begin(), first);
  return past;
}

History::Appended MemoryStore::apply(const Change& change) {
  History::Appended changed;
  Result<Kept*> found = look_up(change);
  if (!found.ok()) {
    changed.status = found.status();
    return changed;
  }
  Kept* const kept = *found;
  if (change.removes) {
    kept->past.clear();
    kept->body.clear();
    kept->deleted = true;
  } else {
    kept->past.push_back({std::exchange(kept->body, change.body), change.now_ms});
    if (kept->past.size() > storage::kPastBodies) kept->past.erase(kept->past.begin());
    kept->edited_at_ms = change.now_ms;
    kept->edited_by = change.user_id;
  }
  kept->changed = ++newest_commit_;
  changed.message = *kept;
  changed.message.change_seq = kept->changed;
  return changed;
}

storage::Marked MemoryStore::mark(const History::Mark& mark) {
  MutexLock lock(mutex_);
  const auto room = rooms_.find(key_of(mark.nsp, mark.room));
  if (room == rooms_.end() || room->second.last_seq == 0) return {};
  std::int64_t& stands = room->second.marks[mark.user_id];
  const std::int64_t wanted = std::min(mark.seq, room->second.last_seq);
  if (wanted <= stands) return {stands, false};
  stands = wanted;
  return {stands, true};
}

std::vector<storage::ReadMark> MemoryStore::marks(std::string_view nsp, std::string_view room,
                                                  int limit) const {
  MutexLock lock(mutex_);
  std::vector<storage::ReadMark> marks;
  const auto found = rooms_.find(key_of(nsp, room));
  if (found == rooms_.end()) return marks;
  for (const auto& [user_id, seq] : found->second.marks) marks.push_back({user_id, seq});
  const std::size_t most = std::min(marks.size(), static_cast<std::size_t>(limit));
  std::ranges::partial_sort(marks, marks.begin() + static_cast<std::ptrdiff_t>(most),
                            [](const storage::ReadMark& a, const storage::ReadMark& b) {
                              return a.seq != b.seq ? a.seq > b.seq : a.user_id < b.user_id;
                            });
  marks.resize(most);
  return marks;
}

Result<std::int64_t> MemoryStore::open_room(std::string_view nsp, std::string_view room,
                                            bool create) {
  MutexLock lock(mutex_);
  const std::string key = key_of(nsp, room);
  if (!create && !rooms_.contains(key)) return {Code::kNotFound, "there is no such room"};
  return rooms_[key].last_seq;
}

}  // namespace securechat::chat
