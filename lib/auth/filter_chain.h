#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/accounts.h"
#include "auth/handshake.h"
#include "base/log.h"
#include "base/rate_limiter.h"
#include "base/task.h"

namespace securechat::auth {

// A host's filter. Runs on the shard's thread and must not block.
struct HostFilter {
  std::string name;
  std::int32_t priority = 0;  // Lower runs first; equal ones in the order of registration.
  UniqueFunction<Verdict(Handshake&)> run;
};

// Which origins may connect.
struct OriginPolicy {
  std::vector<std::string> allowed;  // Exact serialised origins; empty: same origin only.
  bool allow_missing = false;
  bool strict = false;
  bool credentials = false;  // A listed origin may read answers that cookies asked for (CORS).
};

// The origin of a request that may be let in: exact comparison on the whole bytes. `host` is the
// Host header. A same-origin GET without Origin counts through Sec-Fetch-Site or Referer; a
// request without any that carries a bearer header is a native client.
[[nodiscard]] Fault check_origin(const OriginPolicy& policy, const Handshake& handshake);
// Whether `origin` may read answers (CORS): listed, or the request's own.
[[nodiscard]] bool origin_listed(const OriginPolicy& policy, std::string_view origin);
// Whether `text` is a serialised origin: scheme "://" host [":" port], nothing else.
[[nodiscard]] bool is_origin(std::string_view text);

struct ChainPolicy {
  OriginPolicy origin;
  bool csrf_required = false;
  // The access token may come as a cookie, from a page of an accepted origin only. CSRF is then
  // asked for whatever csrf_required says.
  bool cookies = false;
};

// Every filter must let a peer through; the first refusal, in the order of docs/protocol.md, is
// what the peer hears; without a principal the answer is no. One runner for both stages.
//
// kUpgrade is synchronous: a token in the query is refused, the origin is judged, the access cookie
// is read, host filters run.
// kJoin may wait for storage: token, origin, connection rate, CSRF, host filters. Host filters run
// even when the token is at fault, because one may set a principal that takes the token's place;
// if none does, the token's fault is reported.
class FilterChain {
 public:
  // What a peer is told. kNone: let in. `status` is the HTTP status at kUpgrade. `message` is the
  // public name ("NO_TOKEN", a host's reason, ...); `code` is for err.data.code.
  struct Answer {
    Fault fault = Fault::kNone;
    int status = 403;
    std::string message;
    std::string code;
  };

  // References must outlive the chain. One chain per shard; `join_rate` is the same for all shards
  // of a server.
  static std::unique_ptr<FilterChain> create(Accounts& accounts, ChainPolicy policy,
                                             std::vector<HostFilter>& host_filters,
                                             RateLimiter& join_rate, const Clock& clock,
                                             Logger& log);
  virtual ~FilterChain() = default;

  virtual void set_policy(ChainPolicy policy) = 0;
  // Whether there are filters of the host's: only they look at the headers of a join.
  [[nodiscard]] virtual bool asks_host() const = 0;
  virtual Answer run_upgrade(Handshake& handshake) = 0;

  // Runs the join stage. Counts the attempt at once. `done` is called exactly once, on the thread
  // of the caller when `resume` is used as documented: it is given to Accounts::authenticate's
  // completion, which comes on another thread, and must bring the task to the shard's thread, or
  // drop it when the shard is gone. The chain keeps `handshake` until then; the caller checks in
  // `done` that the peer is still there.
  using Resume = UniqueFunction<void(Task)>;
  virtual void run_join(std::shared_ptr<Handshake> handshake, Resume resume,
                        UniqueFunction<void(Answer)> done) = 0;
};

// The public words of a fault on a connection: NO_TOKEN, TOKEN_EXPIRED, AUTH_FAILED, ...
[[nodiscard]] std::string_view connect_error_message(Fault fault);
[[nodiscard]] std::string_view connect_error_code(Fault fault);

}  // namespace securechat::auth
