#pragma once

#include <string>
#include <string_view>

#include "audit/trail.h"
#include "auth/accounts.h"
#include "server/http_api.h"

namespace securechat::server {

// What the audit log and the metrics are told of one request to the API. Copies who asked, because
// the answer may come when the request has gone; no copies when no audit log is kept.
class ApiAudit {
 public:
  // `trail` and `counters` must outlive it.
  ApiAudit(audit::Trail& trail, ApiCounters& counters, const ApiCall& call);

  void registered(const auth::Outcome<auth::Grant>& outcome) const;
  void logged_in(const auth::Outcome<auth::Grant>& outcome) const;
  void refreshed(const auth::Outcome<auth::Grant>& outcome) const;
  // A wrong current password is a failed login: whoever guesses has the session already.
  void password_changed(auth::Fault fault, std::string_view user_id, std::string_view sid) const;
  void logged_out(auth::Fault fault, std::string_view user_id, std::string_view sid) const;
  // Too many failures in a row, of a login or of a password change.
  void throttled() const;
  // More than `what` allows.
  void limited(std::string_view what) const;

 private:
  void granted(audit::Name name, const auth::Outcome<auth::Grant>& outcome) const;
  void record(audit::Event event) const;
  void count(auth::Fault fault) const;

  audit::Trail* trail_;  // Null: nobody is told.
  ApiCounters* counters_;
  std::string request_;
  IpAddress client_;
  std::string origin_;
};

}  // namespace securechat::server
