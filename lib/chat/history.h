#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mailbox.h"
#include "base/status.h"
#include "base/task.h"
#include "storage/change_store.h"
#include "storage/database.h"
#include "storage/mark_store.h"
#include "storage/message_store.h"

namespace securechat::chat {

class MemoryStore;

// What somebody wants done to a message that was said.
struct Change {
  std::string nsp = "/";
  std::string id;
  bool removes = false;
  std::string body;  // What it shall say, unless `removes`.
  std::string user_id;
  bool moderator = false;    // Of every room; of a user with an account its role decides.
  std::string unowned_room;  // Its owner is none.
  std::int64_t now_ms = 0;

  [[nodiscard]] storage::Editor editor() const { return {user_id, moderator, unowned_room}; }
};

// Where messages are numbered and kept. Every `done` runs on the shard's thread, exactly once, and
// for one room in the order of the appends: that order is the room's order.
class History {
 public:
  struct Appended {
    Status status;
    storage::Message message;  // With its seq; the first one when `duplicate`.
    bool duplicate = false;
  };
  using AppendDone = UniqueFunction<void(Appended)>;
  using PageDone = UniqueFunction<void(Result<storage::HistoryPage>)>;
  // The room's newest seq; kNotFound when it does not exist and may not be created.
  using OpenDone = UniqueFunction<void(Result<std::int64_t>)>;

  // Hands a message that was stored, or changed, to the other shards. Called on a thread of the
  // history, for one room in the order of its seqs, so that every shard delivers in that order.
  using Spread = std::function<void(const storage::Message&)>;

  // Durable: the answer follows the commit. `home` brings it to the shard. Without a `spread` there
  // are no other shards.
  static std::unique_ptr<History> durable(storage::Database& database,
                                          std::shared_ptr<Mailbox> home, Spread spread = nullptr);
  // In this process, shared by the shards of a server: `memory` numbers and keeps. With a `spread`
  // answers come through `home`, else at once.
  static std::unique_ptr<History> in_memory(std::shared_ptr<MemoryStore> memory,
                                            std::shared_ptr<Mailbox> home = nullptr,
                                            Spread spread = nullptr);
  virtual ~History() = default;

  virtual void append(storage::Message message, AppendDone done) = 0;
  // In one order with the appends. kNotFound when there is no such message, kDenied when the user
  // may not.
  virtual void change(Change change, AppendDone done) = 0;
  // The message that `of` names as it stands, if its user may change it; the codes of change().
  using FoundDone = UniqueFunction<void(Result<storage::Message>)>;
  virtual void find(Change of, FoundDone done) = 0;
  // What it said before it was edited, for whoever may change it; the codes of change().
  using PastDone = UniqueFunction<void(Result<std::vector<storage::PastBody>>)>;
  virtual void past(Change of, PastDone done) = 0;
  // How far users have read.
  struct Mark {
    std::string nsp;
    std::string room;
    std::string user_id;
    std::int64_t seq;
  };
  using MarkDone = UniqueFunction<void(Result<storage::Marked>)>;
  virtual void mark(Mark mark, MarkDone done) = 0;
  using MarksDone = UniqueFunction<void(Result<std::vector<storage::ReadMark>>)>;
  virtual void marks(std::string nsp, std::string room, int limit, MarksDone done) = 0;
  // Called by the shard at the end of each turn: what was appended in it is stored together.
  virtual void end_turn() {}
  virtual void page(storage::HistoryQuery query, PageDone done) = 0;
  using MissedDone = UniqueFunction<void(Result<storage::Missed>)>;
  virtual void missed(storage::MissedQuery query, MissedDone done) = 0;
  // Whether what was missed can be read again.
  [[nodiscard]] virtual bool keeps_messages() const = 0;
  virtual void open_room(std::string nsp, std::string room, std::string user_id, bool create,
                         std::int64_t now_ms, OpenDone done) = 0;
};

}  // namespace securechat::chat
