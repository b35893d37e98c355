#include "auth/filter_chain.h"

#include <cxxabi.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "auth/cookies.h"
#include "auth/origin.h"
#include "auth/query_token.h"

namespace securechat::auth {
namespace {

using Answer = FilterChain::Answer;

constexpr int kForbiddenStatus = 403;
constexpr int kBadRequestStatus = 400;

Answer refusal(Fault fault) {
  return {fault, kForbiddenStatus, std::string(connect_error_message(fault)),
          std::string(connect_error_code(fault))};
}

Answer denial(const Handshake& handshake) {
  Answer answer = refusal(Fault::kForbidden);
  if (handshake.http_status >= 400 && handshake.http_status <= 599) {
    answer.status = handshake.http_status;
  }
  if (!handshake.public_reason.empty()) {
    answer.message = handshake.public_reason;
  }
  return answer;
}

class Chain final : public FilterChain {
 public:
  Chain(Accounts& accounts, ChainPolicy policy, std::vector<HostFilter>& host_filters,
        RateLimiter& join_rate, const Clock& clock, Logger& log)
      : accounts_(accounts),
        policy_(std::move(policy)),
        join_rate_(join_rate),
        clock_(clock),
        log_(log) {
    for (HostFilter& filter : host_filters) {
      host_filters_.push_back(&filter);
    }
    std::stable_sort(
        host_filters_.begin(), host_filters_.end(),
        [](const HostFilter* a, const HostFilter* b) { return a->priority < b->priority; });
  }

  void set_policy(ChainPolicy policy) override { policy_ = std::move(policy); }
  [[nodiscard]] bool asks_host() const override { return !host_filters_.empty(); }
  Answer run_upgrade(Handshake& handshake) override;
  void run_join(std::shared_ptr<Handshake> handshake, Resume resume,
                UniqueFunction<void(Answer)> done) override;

 private:
  Answer judge_join(Handshake& handshake, Fault token_fault, bool rate_ok);
  [[nodiscard]] Fault first_fault(const Handshake& handshake, Fault token_fault,
                                  bool rate_ok) const;
  bool host_filters_allow(Handshake& handshake);
  Verdict ask(HostFilter& filter, Handshake& handshake);
  void judge_upgrade_origin(Handshake& handshake);
  void take_cookie(Handshake& handshake) const;

  Accounts& accounts_;
  ChainPolicy policy_;
  std::vector<HostFilter*> host_filters_;  // In the order in which they run.
  RateLimiter& join_rate_;
  const Clock& clock_;
  Logger& log_;
  bool told_about_missing_origin_ = false;
};

Answer Chain::run_upgrade(Handshake& handshake) {
  if (query_has_token(handshake.query)) {
    return {Fault::kTokenInvalid, kBadRequestStatus, "Token in query", "TOKEN_IN_QUERY"};
  }
  judge_upgrade_origin(handshake);
  if (policy_.origin.strict && handshake.origin_fault != Fault::kNone) {
    return refusal(handshake.origin_fault);
  }
  return host_filters_allow(handshake) ? Answer{} : denial(handshake);
}

void Chain::judge_upgrade_origin(Handshake& handshake) {
  OriginJudgement judgement = judge_origin(policy_.origin, handshake);
  const bool missing = judgement.verdict == OriginVerdict::kMissing;
  const bool allowed = judgement.verdict == OriginVerdict::kMissingAllowed;
  if ((missing || allowed) && !std::exchange(told_about_missing_origin_, true)) {
    log_.warn(missing ? "a handshake without an Origin was refused; native clients send "
                        "Authorization: Bearer, or set origin.allow_missing=true; not told again"
                      : "a handshake without an Origin passed, because origin.allow_missing is "
                        "true; not told again",
              {{"address", handshake.address.to_string()}});
  }
  handshake.origin_fault = missing || judgement.verdict == OriginVerdict::kRefused
                               ? Fault::kInvalidOrigin
                               : Fault::kNone;
  handshake.origin = std::move(judgement.origin);
  if (policy_.cookies && judgement.verdict == OriginVerdict::kAccepted) take_cookie(handshake);
}

// A token that the peer names itself stands for it, also when it is wrong.
void Chain::take_cookie(Handshake& handshake) const {
  if (!handshake.token.empty() || handshake.headers == nullptr) return;
  const auto header = handshake.headers->header("cookie");
  handshake.token = find_cookie(header.value_or(std::string_view()), kAccessCookie).credential();
  handshake.token_from_cookie = !handshake.token.empty();
}

void Chain::run_join(std::shared_ptr<Handshake> handshake, Resume resume,
                     UniqueFunction<void(Answer)> done) {
  const bool rate_ok =
      join_rate_.attempt(handshake->address.rate_key(), clock_.monotonic_ms()).allowed;
  // A principal that a filter set at the upgrade stands for every namespace.
  if (handshake->principal_from_host && handshake->principal) {
    done(judge_join(*handshake, Fault::kNone, rate_ok));
    return;
  }
  handshake->principal.reset();
  handshake->principal_from_host = false;
  if (handshake->token.empty()) {
    done(judge_join(*handshake, Fault::kNoToken, rate_ok));
    return;
  }
  std::string token = handshake->token;
  accounts_.authenticate(
      std::move(token), [this, handshake = std::move(handshake), resume = std::move(resume),
                         done = std::move(done), rate_ok](Outcome<Principal> outcome) mutable {
        // Another thread, maybe after the shard has gone: nothing of the chain is touched here.
        resume(Task([this, handshake = std::move(handshake), done = std::move(done), rate_ok,
                     outcome = std::move(outcome)]() mutable {
          if (outcome.ok()) {
            handshake->principal = std::move(outcome.value);
          }
          done(judge_join(*handshake, outcome.fault, rate_ok));
        }));
      });
}

// The first fault of the built-in checks in the order of the contract. A principal set by a host
// filter takes the place of the token and of the CSRF token, which belongs to a login session.
Fault Chain::first_fault(const Handshake& handshake, Fault token_fault, bool rate_ok) const {
  // Cookies of a refused origin were not looked at: what is wrong there is the origin.
  const bool unread =
      policy_.cookies && token_fault == Fault::kNoToken && handshake.origin_fault != Fault::kNone;
  if (!handshake.principal_from_host && token_fault != Fault::kNone && !unread) {
    return token_fault;
  }
  if (handshake.origin_fault != Fault::kNone) {
    return handshake.origin_fault;
  }
  if (!rate_ok) {
    return Fault::kTooManyConnections;
  }
  if (!handshake.principal) {
    return Fault::kNoToken;
  }
  const bool csrf_asked =
      (policy_.csrf_required || handshake.token_from_cookie) && !handshake.principal_from_host;
  if (csrf_asked && !accounts_.csrf_ok(handshake.principal->sid, handshake.csrf_token)) {
    return Fault::kCsrfFailed;
  }
  return Fault::kNone;
}

Answer Chain::judge_join(Handshake& handshake, Fault token_fault, bool rate_ok) {
  const Fault before = first_fault(handshake, token_fault, rate_ok);
  // The host is not asked about a peer that no principal of its own could help.
  const bool hopeless = before == Fault::kInvalidOrigin || before == Fault::kTooManyConnections;
  if (hopeless) {
    handshake.principal.reset();
    return refusal(before);
  }
  const bool allowed = host_filters_allow(handshake);
  const Fault fault = first_fault(handshake, token_fault, rate_ok);
  if (fault == Fault::kNone && allowed) {
    return {};
  }
  handshake.principal.reset();
  return fault == Fault::kNone ? denial(handshake) : refusal(fault);
}

bool Chain::host_filters_allow(Handshake& handshake) {
  for (HostFilter* filter : host_filters_) {
    // A reason counts only with the refusal it was given for.
    handshake.http_status = kForbiddenStatus;
    handshake.public_reason.clear();
    switch (ask(*filter, handshake)) {
      case Verdict::kNext:
        continue;
      case Verdict::kAllow:
        return true;
      case Verdict::kDeny:
        return false;
      case Verdict::kDefer:
        break;
    }
    log_.limited(LogLevel::kError, {},
                 "a handshake filter gave a verdict that is not supported; the peer is refused",
                 {{"filter", filter->name}});
    return false;
  }
  return true;
}

Verdict Chain::ask(HostFilter& filter, Handshake& handshake) {
  try {
    const Verdict verdict = filter.run ? filter.run(handshake) : Verdict::kDeny;
    // A principal without an id would be nobody.
    if (handshake.principal_from_host &&
        (!handshake.principal || handshake.principal->user_id.empty())) {
      log_.limited(LogLevel::kError, {},
                   "a handshake filter set an empty principal; the peer is refused",
                   {{"filter", filter.name}});
      handshake.principal_from_host = false;
      return Verdict::kDeny;
    }
    return verdict;
  } catch (abi::__forced_unwind&) {
    throw;
  } catch (const std::exception& error) {
    log_.limited(LogLevel::kError, {}, "a handshake filter threw an exception; the peer is refused",
                 {{"filter", filter.name}, {"reason", error.what()}});
  } catch (...) {
    log_.limited(LogLevel::kError, {}, "a handshake filter threw an exception; the peer is refused",
                 {{"filter", filter.name}});
  }
  handshake.http_status = kForbiddenStatus;
  handshake.public_reason.clear();
  return Verdict::kDeny;
}

}  // namespace

std::unique_ptr<FilterChain> FilterChain::create(Accounts& accounts, ChainPolicy policy,
                                                 std::vector<HostFilter>& host_filters,
                                                 RateLimiter& join_rate, const Clock& clock,
                                                 Logger& log) {
  return std::make_unique<Chain>(accounts, std::move(policy), host_filters, join_rate, clock, log);
}

}  // namespace securechat::auth
