#include <memory>
#include <utility>
#include <vector>

#include "chat/history.h"
#include "storage/room_store.h"

namespace securechat::chat {
namespace {

class DurableHistory final : public History {
 public:
  DurableHistory(storage::Database& database, std::shared_ptr<Mailbox> home, Spread spread)
      : database_(database),
        home_(home),
        outlet_(std::make_shared<Outlet>(Outlet{database, std::move(home), std::move(spread)})) {}

  void append(storage::Message message, AppendDone done) override {
    write({Status(), std::move(message), false}, std::move(done),
          [](storage::Stores& stores, Appended& answer) {
            return stores.messages.append(answer.message, answer.duplicate);
          });
  }

  void change(Change change, AppendDone done) override {
    write({}, std::move(done),
          [change = std::move(change)](storage::Stores& stores, Appended& answer) {
            const storage::Editor editor = change.editor();
            Result<storage::Message> changed =
                change.removes ? stores.changes.remove(change.nsp, change.id, editor, change.now_ms)
                               : stores.changes.edit(change.nsp, change.id, change.body, editor,
                                                     change.now_ms);
            if (changed.ok()) answer.message = std::move(*changed);
            return changed.status();
          });
  }

  void find(Change of, FoundDone done) override {
    read<storage::Message>(
        [of = std::move(of)](storage::Stores& stores) {
          return stores.changes.find(of.nsp, of.id, of.editor());
        },
        std::move(done));
  }

  void past(Change of, PastDone done) override {
    read<std::vector<storage::PastBody>>(
        [of = std::move(of)](storage::Stores& stores) {
          return stores.changes.past(of.nsp, of.id, of.editor());
        },
        std::move(done));
  }

  void mark(Mark mark, MarkDone done) override {
    ask<storage::Marked>(
        &storage::Database::write,
        [mark = std::move(mark)](storage::Stores& stores) {
          return stores.marks.advance(mark.nsp, mark.room, mark.user_id, mark.seq);
        },
        std::move(done));
  }

  void marks(std::string nsp, std::string room, int limit, MarksDone done) override {
    read<std::vector<storage::ReadMark>>(
        [nsp = std::move(nsp), room = std::move(room), limit](storage::Stores& stores) {
          return stores.marks.list(nsp, room, limit);
        },
        std::move(done));
  }

  void end_turn() override {
    if (std::exchange(wake_due_, false)) database_.wake_writer();
  }

  void page(storage::HistoryQuery query, PageDone done) override {
    read<storage::HistoryPage>(
        [query = std::move(query)](storage::Stores& stores) { return stores.messages.page(query); },
        std::move(done));
  }

  void missed(storage::MissedQuery query, MissedDone done) override {
    read<storage::Missed>([query = std::move(query)](
                              storage::Stores& stores) { return stores.messages.missed(query); },
                          std::move(done));
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

  // A message on its way to storage and home again.
  struct Unit {
    Appended answer;
    AppendDone done;
  };

  // Runs `work` on the answer in the order of all writes, and brings it home.
  template <typename WorkFn>
  void write(Appended answer, AppendDone done, WorkFn work) {
    auto unit = std::make_shared<Unit>(Unit{std::move(answer), std::move(done)});
    const Status queued =
        database_.write_later([unit, work = std::move(work)](
                                  storage::Stores& stores) { return work(stores, unit->answer); },
                              [outlet = outlet_, unit](Status status) {
                                Outlet::answer(outlet, unit, std::move(status));
                              });
    if (queued.ok()) {
      wake_due_ = true;
      return;
    }
    unit->answer.status = queued;
    home_->post([unit] { finish(*unit); });
  }

  // What `query` answers, read from storage.
  template <typename Answer, typename QueryFn, typename Done>
  void read(QueryFn query, Done done) {
    ask<Answer>(&storage::Database::read, std::move(query), std::move(done));
  }

  template <typename Answer, typename QueryFn, typename Done>
  void ask(Submit enqueue, QueryFn query, Done done) {
    submit<Answer>(
        enqueue, {},
        [query = std::move(query)](storage::Stores& stores, Answer& answer) {
          Result<Answer> found = query(stores);
          if (found.ok()) answer = std::move(*found);
          return found.status();
        },
        [done = std::move(done)](Status status, Answer& answer) mutable {
          if (status.ok()) {
            done(std::move(answer));
          } else {
            done(std::move(status));
          }
        });
  }

  // The way back from storage. Lives until the last answer, which may come when the shard has gone.
  struct Outlet {
    // On the storage thread. The answers of a group go home with one task, so that the shard
    // delivers all of it in one turn. With several shards each message goes at once, to all of them
    // and home, so that everywhere the messages of all shards come in the order of the commits.
    static void answer(const std::shared_ptr<Outlet>& outlet, const std::shared_ptr<Unit>& unit,
                       Status status) {
      const bool news = status.ok() && !unit->answer.duplicate;
      unit->answer.status = std::move(status);
      if (outlet->spread) {
        if (news) outlet->spread(unit->answer.message);
        outlet->home->post([unit] { finish(*unit); });
        return;
      }
      outlet->stored.push_back(unit);
      if (outlet->stored.size() > 1) return;
      outlet->database.after_group([outlet] {
        outlet->home->post([units = std::exchange(outlet->stored, {})] {
          for (const std::shared_ptr<Unit>& each : units) finish(*each);
        });
      });
    }

    storage::Database& database;
    const std::shared_ptr<Mailbox> home;
    const Spread spread;
    std::vector<std::shared_ptr<Unit>> stored = {};  // Of the group so far.
  };

  // What `done` owns belongs to the shard, but the unit may die on the storage thread.
  static void finish(Unit& unit) {
    AppendDone done = std::move(unit.done);
    done(std::move(unit.answer));
  }

  // Runs `work` on a storage thread and `finish` at home, both on one answer that travels along. A
  // refused submission finishes through the mailbox too, so that `done` never runs inside the call.
  template <typename Answer, typename WorkFn, typename FinishFn>
  void submit(Submit enqueue, Answer initial, WorkFn work, FinishFn finish) {
    struct State {
      Answer answer;
      FinishFn finish;
    };
    auto state = std::make_shared<State>(State{std::move(initial), std::move(finish)});
    const auto answer_home = [home = home_, state](Status status) {
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
  const std::shared_ptr<Outlet> outlet_;
  bool wake_due_ = false;
};

}  // namespace

std::unique_ptr<History> History::durable(storage::Database& database,
                                          std::shared_ptr<Mailbox> home, Spread spread) {
  return std::make_unique<DurableHistory>(database, std::move(home), std::move(spread));
}

}  // namespace securechat::chat
