#include "server/api_audit.h"

#include <optional>

#include "server/http_answers.h"

namespace securechat::server {

using audit::Name;
using auth::Fault;

ApiAudit::ApiAudit(audit::Trail& trail, ApiCounters& counters, const ApiCall& call)
    : trail_(trail.enabled() ? &trail : nullptr), counters_(&counters) {
  if (trail_ == nullptr) return;
  request_ = call.name;
  client_ = call.client;
  if (const std::optional<std::string_view> origin = call.head.header("origin")) origin_ = *origin;
}

void ApiAudit::record(audit::Event event) const {
  if (trail_ == nullptr) return;
  event.request = request_;
  event.address = &client_;
  event.origin = origin_;
  trail_->record(event);
}

void ApiAudit::count(Fault fault) const {
  if (fault != Fault::kNone) counters_->refusals.add(fault_code(fault));
}

void ApiAudit::password_changed(Fault fault, std::string_view user_id, std::string_view sid) const {
  count(fault);
  if (fault == Fault::kNone) {
    record({.name = Name::kPasswordChanged,
            .result = audit::Outcome::kOk,
            .user_id = user_id,
            .sid = sid});
  } else if (fault == Fault::kInvalidCredentials) {
    record(
        {.name = Name::kLoginFail, .reason = "CURRENT_PASSWORD", .user_id = user_id, .sid = sid});
  }
}

void ApiAudit::granted(Name name, const auth::Outcome<auth::Grant>& outcome) const {
  count(outcome.fault);
  if (outcome.ok()) {
    record({.name = name,
            .result = audit::Outcome::kOk,
            .user_id = outcome.value.user.id,
            .sid = outcome.value.sid});
  } else {
    record({.name = name, .reason = fault_code(outcome.fault)});
  }
}

void ApiAudit::registered(const auth::Outcome<auth::Grant>& outcome) const {
  if (outcome.fault == Fault::kRegistrationPending) {
    const bool existed = outcome.value.registered != auth::Registered::kPending;
    record({.name = Name::kRegister,
            .result = existed ? audit::Outcome::kRefused : audit::Outcome::kOk,
            .reason = existed ? "EMAIL_EXISTS" : "PENDING",
            .user_id = outcome.value.user.id});
    return;
  }
  granted(Name::kRegister, outcome);
}

void ApiAudit::logged_in(const auth::Outcome<auth::Grant>& outcome) const {
  if (outcome.fault == Fault::kLoginThrottled) {
    throttled();
  } else {
    granted(outcome.ok() ? Name::kLoginOk : Name::kLoginFail, outcome);
  }
}

void ApiAudit::refreshed(const auth::Outcome<auth::Grant>& outcome) const {
  if (outcome.fault == Fault::kTooManyAttempts) limited("refreshes");
  granted(outcome.fault == Fault::kTokenReused ? Name::kRefreshReused : Name::kRefresh, outcome);
}

void ApiAudit::logged_out(Fault fault, std::string_view user_id, std::string_view sid) const {
  count(fault);
  record({.name = Name::kLogout,
          .result = fault == Fault::kNone ? audit::Outcome::kOk : audit::Outcome::kRefused,
          .reason = fault == Fault::kNone ? std::string_view() : fault_code(fault),
          .user_id = user_id,
          .sid = sid});
}

void ApiAudit::throttled() const {
  count(Fault::kLoginThrottled);
  counters_->rate_limited.add("login_failures");
  record({.name = Name::kLoginThrottled, .reason = "LOGIN_FAILURES"});
}

void ApiAudit::limited(std::string_view what) const {
  counters_->rate_limited.add(what);
  record({.name = Name::kRateLimited, .reason = what});
}

}  // namespace securechat::server
