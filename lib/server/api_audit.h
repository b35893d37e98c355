#pragma once

#include <string>
#include <string_view>

#include "audit/trail.h"
#include "auth/accounts.h"
#include "server/http_api.h"

namespace securechat::server {

// What the audit log is told of one request to the API. Copies who asked, because the answer may
// come when the request has gone; nothing when no audit log is kept.
class ApiAudit {
 public:
  // `trail` must outlive it.
  ApiAudit(audit::Trail& trail, const ApiCall& call);

  void registered(const auth::Outcome<auth::Grant>& outcome) const;
  void logged_in(const auth::Outcome<auth::Grant>& outcome) const;
  void refreshed(const auth::Outcome<auth::Grant>& outcome) const;
  void logged_out(auth::Fault fault, std::string_view user_id, std::string_view sid) const;
  // Too many failures in a row, of a login or of a password change.
  void throttled() const;
  // More than `what` allows.
  void limited(std::string_view what) const;

 private:
  void granted(audit::Name name, const auth::Outcome<auth::Grant>& outcome) const;
  void record(audit::Event event) const;

  audit::Trail* trail_;  // Null: nobody is told.
  std::string request_;
  IpAddress client_;
  std::string origin_;
};

}  // namespace securechat::server
