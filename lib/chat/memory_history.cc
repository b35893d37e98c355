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
    if (!spread_) {
      done(memory_->append(std::move(message)));
      return;
    }
    memory_->append(std::move(message), [&](Appended stored) {
      if (!stored.duplicate) spread_(stored.message);
      home_->post([done = std::move(done), stored = std::move(stored)]() mutable {
        done(std::move(stored));
      });
    });
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
