#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mailbox.h"
#include "base/timer_queue.h"
#include "storage/database.h"
#include "storage/session_store.h"

namespace securechat::server {

// Hears of login sessions that end in other processes on the same database (securechatd user
// disable, a second server): asks storage once a second what was revoked since it asked last. Lives
// on one shard's thread; what it refers to outlives it.
class RevocationWatch {
 public:
  using Revoked = std::function<void(const std::vector<std::string>& sids)>;
  static constexpr std::int64_t kEveryMs = 1'000;

  // `position` is the newest revocation when the server began to listen. `home` is the mailbox of
  // the shard; `revoked` runs on its thread.
  RevocationWatch(storage::Database& database, std::int64_t position, std::shared_ptr<Mailbox> home,
                  TimerQueue& timers, const Clock& clock, Revoked revoked);
  RevocationWatch(const RevocationWatch&) = delete;
  RevocationWatch& operator=(const RevocationWatch&) = delete;

 private:
  void ask_later();
  void ask();
  void found(const Status& status, const storage::Revocations& revocations);

  storage::Database& database_;
  std::int64_t position_;
  const std::shared_ptr<Mailbox> home_;
  TimerQueue& timers_;
  const Clock& clock_;
  const Revoked revoked_;
  Timer timer_{[this] {
    ask();
  }};
};

// What was revoked last, before a server begins; waits for the answer.
Result<std::int64_t> newest_revocation(storage::Database& database);

}  // namespace securechat::server
