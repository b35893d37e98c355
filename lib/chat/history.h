#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/mailbox.h"
#include "base/status.h"
#include "base/task.h"
#include "storage/database.h"
#include "storage/message_store.h"

namespace securechat::chat {

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

  // Durable: the answer follows the commit. `home` brings it to the shard.
  static std::unique_ptr<History> durable(storage::Database& database,
                                          std::shared_ptr<Mailbox> home);
  // In this process: the newest `keep` messages of each room are paged when `pages`; without, only
  // what makes sends idempotent is remembered. Answers come at once.
  static std::unique_ptr<History> in_memory(std::size_t keep, bool pages);
  virtual ~History() = default;

  virtual void append(storage::Message message, AppendDone done) = 0;
  virtual void page(storage::HistoryQuery query, PageDone done) = 0;
  virtual void open_room(std::string nsp, std::string room, std::string user_id, bool create,
                         std::int64_t now_ms, OpenDone done) = 0;
};

}  // namespace securechat::chat
