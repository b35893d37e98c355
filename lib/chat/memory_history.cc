#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#include "chat/history.h"

namespace securechat::chat {
namespace {

class MemoryHistory final : public History {
 public:
  MemoryHistory(std::size_t keep, bool pages) : keep_(keep), pages_(pages) {}

  void append(storage::Message message, AppendDone done) override {
    Log& log = rooms_[message.nsp + '\n' + message.room];
    if (!message.client_id.empty()) {
      const auto first = std::find_if(
          log.messages.begin(), log.messages.end(), [&message](const storage::Message& kept) {
            return kept.client_id == message.client_id && kept.user_id == message.user_id;
          });
      if (first != log.messages.end()) {
        done(Appended{Status(), *first, true});
        return;
      }
    }
    message.seq = ++log.last_seq;
    if (pages_ || !message.client_id.empty()) {
      log.messages.push_back(message);
      if (log.messages.size() > keep_) log.messages.pop_front();
    }
    done(Appended{Status(), std::move(message), false});
  }

  void page(storage::HistoryQuery query, PageDone done) override {
    storage::HistoryPage page;
    const auto room = rooms_.find(query.nsp + '\n' + query.room);
    if (!pages_ || room == rooms_.end()) {
      done(std::move(page));
      return;
    }
    const std::deque<storage::Message>& all = room->second.messages;
    const auto by_seq = [](const storage::Message& kept, std::int64_t seq) {
      return kept.seq < seq;
    };
    auto first = query.after >= 0
                     ? std::lower_bound(all.begin(), all.end(), query.after + 1, by_seq)
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
    done(std::move(page));
  }

  void open_room(std::string nsp, std::string room, std::string /*user_id*/, bool create,
                 std::int64_t /*now_ms*/, OpenDone done) override {
    const std::string key = nsp + '\n' + room;
    if (!create && !rooms_.contains(key)) {
      done({Code::kNotFound, "there is no such room"});
      return;
    }
    done(rooms_[key].last_seq);
  }

 private:
  struct Log {
    std::deque<storage::Message> messages;
    std::int64_t last_seq = 0;
  };
  const std::size_t keep_;
  const bool pages_;
  std::unordered_map<std::string, Log> rooms_;
};

}  // namespace

std::unique_ptr<History> History::in_memory(std::size_t keep, bool pages) {
  return std::make_unique<MemoryHistory>(keep, pages);
}

}  // namespace securechat::chat
