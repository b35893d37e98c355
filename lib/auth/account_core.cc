#include "auth/account_core.h"

namespace securechat::auth {

AccountCore::InForce AccountCore::in_force() const {
  MutexLock lock(mutex_);
  return in_force_;
}

void AccountCore::set_in_force(InForce in_force) {
  throttle.configure(in_force.options.throttle);
  // The old keys leave with the argument, after the lock: their wiping holds nobody up.
  MutexLock lock(mutex_);
  std::swap(in_force_, in_force);
}

void AccountCore::tell_revoked(const std::vector<std::string>& sids) {
  if (!sids.empty() && revoked_) {
    revoked_(sids);
  }
}

Fault AccountCore::fault_of(std::string_view operation, const Status& status) {
  if (status.code() == Code::kAgain) {
    return Fault::kBusy;
  }
  log.limited(LogLevel::kError, operation, "an operation on accounts failed",
              {{"operation", operation}, {"reason", status.message()}});
  // A full disk, a lock, a fault of the file: none of it was done, and it may be possible again
  // soon.
  return status.code() == Code::kDatabase ? Fault::kBusy : Fault::kInternal;
}

}  // namespace securechat::auth
