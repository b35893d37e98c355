#include <utility>

#include "chat/history.h"
#include "chat/memory_store.h"

namespace securechat::chat {
namespace {

class MemoryHistory final : public History {
 public:
  MemoryHistory(std::shared_ptr<MemoryStore> memory, std::shared_ptr<Mailbox> home, Spread spread)
      : memory_(std::move(memory)), home_(std::move(home)), spread_(std::move(spread)) {}

  void append(storage::Message message, AppendDone done) override {
    answer(std::move(done),
           [&](const MemoryStore::Stored& stored) { memory_->append(std::move(message), stored); });
  }
  void change(Change change, AppendDone done) override {
    answer(std::move(done),
           [&](const MemoryStore::Stored& stored) { memory_->change(change, stored); });
  }
  void find(Change of, FoundDone done) override { done(memory_->find(of)); }
  void past(Change of, PastDone done) override { done(memory_->past(of)); }

  void mark(Mark mark, MarkDone done) override { done(memory_->mark(mark)); }
  void marks(std::string nsp, std::string room, int limit, MarksDone done) override {
    done(memory_->marks(nsp, room, limit));
  }

  void page(storage::HistoryQuery query, PageDone done) override { done(memory_->page(query)); }

  void missed(storage::MissedQuery query, MissedDone done) override {
    done(memory_->missed(query));
  }
  [[nodiscard]] bool keeps_messages() const override { return memory_->pages(); }

  void open_room(std::string nsp, std::string room, std::string /*user_id*/, bool create,
                 std::int64_t /*now_ms*/, OpenDone done) override {
    done(memory_->open_room(nsp, room, create));
  }

 private:
  // Hands on what `store` stores: to the other shards first, then home.
  template <typename Store>
  void answer(AppendDone done, Store store) {
    if (!spread_) {
      Appended here;
      store([&here](Appended stored) { here = std::move(stored); });
      done(std::move(here));
      return;
    }
    store([&](Appended stored) {
      if (stored.status.ok() && !stored.duplicate) spread_(stored.message);
      home_->post([done = std::move(done), stored = std::move(stored)]() mutable {
        done(std::move(stored));
      });
    });
  }

  const std::shared_ptr<MemoryStore> memory_;
  const std::shared_ptr<Mailbox> home_;
  const Spread spread_;
};

}  // namespace

std::unique_ptr<History> History::in_memory(std::shared_ptr<MemoryStore> memory,
                                            std::shared_ptr<Mailbox> home, Spread spread) {
  return std::make_unique<MemoryHistory>(std::move(memory), std::move(home), std::move(spread));
}

}  // namespace securechat::chat
