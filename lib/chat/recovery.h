#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "chat/environment.h"
#include "chat/recovery_table.h"
#include "storage/message_store.h"

namespace securechat::chat {

// What a Socket.IO client sends with its CONNECT to take up a session again.
struct RecoveryRequest {
  std::string pid;
  std::optional<std::int64_t> offset;  // The last stored event that it has; none: it has none.
};
// Nothing when the client does not ask for it, or asks with something malformed.
[[nodiscard]] std::optional<RecoveryRequest> read_recovery_request(std::string_view auth);

// A recovery that is being read from storage. What is delivered on this shard meanwhile is
// collected, so that nothing falls between the reading and the first live event.
class PendingRecovery {
 public:
  PendingRecovery(LostSession session, std::optional<std::int64_t> offset);
  // One that the shard tells of what it delivers. Storage may let go of the last reference after
  // the shard has ended, on its own thread; hence the environment knows it weakly.
  [[nodiscard]] static std::shared_ptr<PendingRecovery> begin(LostSession session,
                                                              std::optional<std::int64_t> offset,
                                                              Environment& environment);
  PendingRecovery(const PendingRecovery&) = delete;
  PendingRecovery& operator=(const PendingRecovery&) = delete;

  [[nodiscard]] const LostSession& session() const { return session_; }
  [[nodiscard]] storage::MissedQuery query() const;
  // A stored message, or the change of one, that is delivered now.
  void saw(const storage::Message& message);
  // Everything missed up to `position`, the newest commit that the shard has delivered, in the
  // order of the commits, each once; nothing when it is too much to be sent at once, or the offset
  // is of no message that there is.
  [[nodiscard]] std::optional<std::vector<storage::Message>> merge(storage::Missed missed,
                                                                   std::int64_t position);

 private:
  [[nodiscard]] std::int64_t floor_of(const LostSession::Room& room) const;

  const LostSession session_;
  const std::int64_t offset_;
  std::vector<storage::Message> live_;
};

// Hands a delivered message to the recoveries that wait; nearly always there are none.
inline void tell_recoveries(Environment& environment, const storage::Message& message) {
  std::erase_if(environment.recoveries, [&message](const std::weak_ptr<PendingRecovery>& waiting) {
    const std::shared_ptr<PendingRecovery> pending = waiting.lock();
    if (pending) pending->saw(message);
    return !pending;
  });
}

}  // namespace securechat::chat
