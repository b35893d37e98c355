#include <utility>

#include "chat/history.h"
#include "storage/room_store.h"

namespace securechat::chat {
namespace {

class DurableHistory final : public History {
 public:
  DurableHistory(storage::Database& database, std::shared_ptr<Mailbox> home, Spread spread)
      : database_(database), home_(std::move(home)), spread_(std::move(spread)) {}

  void append(storage::Message message, AppendDone done) override {
    submit<Appended>(
        &storage::Database::write, Appended{Status(), std::move(message), false},
        [](storage::Stores& stores, Appended& answer) {
          return stores.messages.append(answer.message, answer.duplicate);
        },
        [done = std::move(done)](Status status, Appended& answer) mutable {
          answer.status = std::move(status);
          done(std::move(answer));
        },
        [this](const Status& status, const Appended& answer) {
          if (spread_ && status.ok() && !answer.duplicate) spread_(answer.message);
        });
  }

  void page(storage::HistoryQuery query, PageDone done) override {
    submit<storage::HistoryPage>(
        &storage::Database::read, {},
        [query = std::move(query)](storage::Stores& stores, storage::HistoryPage& answer) {
          Result<storage::HistoryPage> page = stores.messages.page(query);
          if (!page.ok()) return page.status();
          answer = std::move(*page);
          return Status();
        },
        [done = std::move(done)](Status status, storage::HistoryPage& answer) mutable {
          if (status.ok()) {
            done(std::move(answer));
          } else {
            done(std::move(status));
          }
        });
  }

  void missed(storage::MissedQuery query, MissedDone done) override {
    submit<storage::Missed>(
        &storage::Database::read, {},
        [query = std::move(query)](storage::Stores& stores, storage::Missed& answer) {
          Result<storage::Missed> missed = stores.messages.missed(query);
          if (!missed.ok()) return missed.status();
          answer = std::move(*missed);
          return Status();
        },
        [done = std::move(done)](Status status, storage::Missed& answer) mutable {
          if (status.ok()) {
            done(std::move(answer));
          } else {
            done(std::move(status));
          }
        });
  }

  [[nodiscard]] bool keeps_messages() const override { return true; }

  void open_room(std::string nsp, std::string room, std::string user_id, bool create,
                 std::int64_t now_ms, OpenDone done) override {
    submit<std::int64_t>(
        create ? &storage::Database::write : &storage::Database::read, 0,
        [nsp = std::move(nsp), room = std::move(room), user_id = std::move(user_id), create,
         now_ms](storage::Stores& stores, std::int64_t& last_seq) {
          if (create) {
            Result<storage::Room> opened = stores.rooms.ensure(nsp, room, user_id, now_ms);
            if (!opened.ok()) return opened.status();
            last_seq = opened->last_seq;
            return Status();
          }
          Result<std::optional<storage::Room>> found = stores.rooms.find(nsp, room);
          if (!found.ok()) return found.status();
          if (!found->has_value()) return Status(Code::kNotFound, "there is no such room");
          last_seq = (**found).last_seq;
          return Status();
        },
        [done = std::move(done)](Status status, std::int64_t& last_seq) mutable {
          if (status.ok()) {
            done(last_seq);
          } else {
            done(std::move(status));
          }
        });
  }

 private:
  using Submit = Status (storage::Database::*)(storage::Database::Work, storage::Database::Done);

  // Runs `work` on a storage thread and `finish` at home, both on one answer that travels along. A
  // refused submission finishes through the mailbox too, so that `done` never runs inside the call.
  // `committed` hears of the outcome before that, on the storage thread.
  template <typename Answer, typename WorkFn, typename FinishFn>
  void submit(Submit enqueue, Answer initial, WorkFn work, FinishFn finish,
              std::function<void(const Status&, const Answer&)> committed = nullptr) {
    struct State {
      Answer answer;
      FinishFn finish;
    };
    auto state = std::make_shared<State>(State{std::move(initial), std::move(finish)});
    const auto answer_home = [home = home_, state,
                              committed = std::move(committed)](Status status) {
      if (committed) committed(status, state->answer);
      home->post([state, status = std::move(status)]() mutable {
        // What `finish` owns belongs to the shard, but this state may die on the storage thread.
        FinishFn finish_here = std::move(state->finish);
        finish_here(std::move(status), state->answer);
      });
    };
    const Status submitted = (database_.*enqueue)(
        [state, work = std::move(work)](storage::Stores& stores) mutable {
          return work(stores, state->answer);
        },
        answer_home);
    if (!submitted.ok()) answer_home(submitted);
  }

  storage::Database& database_;
  std::shared_ptr<Mailbox> home_;
  const Spread spread_;
};

}  // namespace

std::unique_ptr<History> History::durable(storage::Database& database,
                                          std::shared_ptr<Mailbox> home, Spread spread) {
  return std::make_unique<DurableHistory>(database, std::move(home), std::move(spread));
}

}  // namespace securechat::chat
