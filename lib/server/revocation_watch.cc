#include "server/revocation_watch.h"

#include <utility>

namespace securechat::server {

using storage::Revocations;

RevocationWatch::RevocationWatch(storage::Database& database, std::int64_t position,
                                 std::shared_ptr<Mailbox> home, TimerQueue& timers,
                                 const Clock& clock, Revoked revoked)
    : database_(database),
      position_(position),
      home_(std::move(home)),
      timers_(timers),
      clock_(clock),
      revoked_(std::move(revoked)) {
  ask_later();
}

void RevocationWatch::ask_later() {
  timer_.start(timers_, clock_.monotonic_ms() + kEveryMs);
}

void RevocationWatch::ask() {
  auto found_so_far = std::make_shared<Revocations>();
  const Status queued = database_.read(
      [found_so_far, position = position_](storage::Stores& stores) {
        Result<Revocations> revocations = stores.sessions.revocations_after(position);
        if (revocations.ok()) *found_so_far = std::move(*revocations);
        return revocations.status();
      },
      // The mailbox drops the task when the shard, and with it this watch, has gone.
      [this, home = home_, found_so_far](const Status& status) {
        home->post([this, found_so_far, status] { found(status, *found_so_far); });
      });
  if (!queued.ok()) ask_later();
}

// A database that fails is told of by what needs it; here it is asked again.
void RevocationWatch::found(const Status& status, const Revocations& revocations) {
  if (status.ok()) {
    position_ = revocations.newest;
    if (!revocations.sids.empty()) revoked_(revocations.sids);
  }
  ask_later();
}

Result<std::int64_t> newest_revocation(storage::Database& database) {
  std::int64_t newest = 0;
  const Status status = database.read_and_wait([&newest](storage::Stores& stores) {
    const Result<std::int64_t> found = stores.sessions.newest_revocation();
    if (found.ok()) newest = *found;
    return found.status();
  });
  if (!status.ok()) return status;
  return newest;
}

}  // namespace securechat::server
