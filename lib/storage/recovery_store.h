#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace securechat::storage {

// A session that its client may take up again, as it is kept while no server runs.
struct RecoverySession {
  std::string pid;
  std::string sid;
  std::string user_id;
  std::string login;  // The sid of its login session; empty when there is none.
  std::string nsp;
  std::string rooms;          // JSON text of the layer above.
  std::int64_t position = 0;  // A commit_seq.
  std::int64_t ended_at_ms = 0;
};

class RecoveryStore {
 public:
  virtual ~RecoveryStore() = default;
  virtual Status save(const RecoverySession& session) = 0;
  // Takes all out, the one that ended first first. Those that ended before `ended_since_ms` are
  // dropped, and those whose login session was revoked.
  virtual Result<std::vector<RecoverySession>> take_all(std::int64_t ended_since_ms) = 0;
};

}  // namespace securechat::storage
