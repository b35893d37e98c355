#include "server/peer_factory.h"

#include <utility>
#include <vector>

#include "auth/cookies.h"
#include "base/packed_texts.h"
#include "server/certificate_principal.h"
#include "server/client_address.h"
#include "server/request_fields.h"
#include "server/request_id.h"

namespace securechat::server {
namespace {

// No Authorization header begins like these, whatever a peer writes into it: its value is trimmed.
constexpr std::string_view kCertificateKey = "\ncertificate ";
constexpr std::string_view kLoginKey = "\nlogin ";

// Owns the headers of the request that began a connection, for the filters of later joins.
class RequestHeaders final : public auth::HeaderSource {
 public:
  explicit RequestHeaders(const net::RequestHead& head) {
    std::vector<std::string_view> texts;
    texts.reserve(2 * head.headers.size());
    for (const auto& [name, value] : head.headers) {
      texts.push_back(name);
      texts.push_back(value);
    }
    texts_ = PackedTexts(texts);
  }
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const override {
    for (PackedTexts::Reader texts(texts_); !texts.done();) {
      const std::string_view its_name = texts.next();
      const std::string_view value = texts.next();
      if (its_name == name) return value;
    }
    return std::nullopt;
  }

 private:
  PackedTexts texts_;  // Names and values in turn.
};

// The same for the time of a call.
class BorrowedHeaders final : public auth::HeaderSource {
 public:
  explicit BorrowedHeaders(const net::RequestHead& head) : head_(head) {}
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const override {
    return head_.header(name);
  }

 private:
  const net::RequestHead& head_;
};

}  // namespace

void PeerFactory::apply(const Settings& settings) {
  origin_ = settings.chain.origin;
  trusted_proxies_ = settings.trusted_proxies;
  certificates_ = settings.client_identity;
  cookies_ = settings.chain.cookies;
}

const net::PeerCertificate* PeerFactory::counting_certificate(const net::RequestHead& head) const {
  return certificates_ ? client_certificate(head, trusted_proxies_) : nullptr;
}

IpAddress PeerFactory::address_of(const net::RequestHead& head) const {
  return client_address(head, trusted_proxies_);
}

bool PeerFactory::comes_from_loopback(const net::RequestHead& head) const {
  return server::comes_from_loopback(head, trusted_proxies_);
}

const std::string& PeerFactory::name_request(const net::RequestHead& head) {
  request_ = request_id(head, from_trusted_proxy(head, trusted_proxies_), environment_.ids);
  return request_;
}

auth::Handshake PeerFactory::handshake_of(const net::RequestHead& head) const {
  auth::Handshake handshake;
  handshake.address = address_of(head);
  handshake.tls = client_uses_tls(head, trusted_proxies_);
  handshake.path = head.path;
  handshake.query = head.query;
  handshake.token = bearer_of(head);
  handshake.bearer_header = !handshake.token.empty();
  const net::PeerCertificate* const certificate = counting_certificate(head);
  if (certificate != nullptr && !handshake.bearer_header) {
    handshake.principal = principal_of(*certificate);
    handshake.certificate = handshake.principal_from_host = handshake.principal.has_value();
  }
  return handshake;
}

PeerFactory::Judged PeerFactory::judge(const net::RequestHead& head, connection::Wire wire,
                                       std::string_view transport) {
  auth::Handshake handshake = handshake_of(head);
  const BorrowedHeaders borrowed(head);
  handshake.headers = &borrowed;
  handshake.transport = transport;
  Judged judged;
  judged.answer = environment_.filters.run_upgrade(handshake);
  if (judged.answer.fault == auth::Fault::kNone) {
    std::unique_ptr<auth::HeaderSource> headers;
    if (environment_.filters.asks_host()) headers = std::make_unique<RequestHeaders>(head);
    judged.peer = std::make_unique<chat::PeerSessions>(handshake, std::move(headers), wire,
                                                       namespaces_, peers_);
    if (environment_.log.enabled(LogLevel::kDebug)) {
      environment_.log.debug("a connection begins", {{"request_id", request_},
                                                     {"connection", judged.peer->name()},
                                                     {"transport", transport},
                                                     {"address", handshake.address.to_string()}});
    }
  } else {
    environment_.counters.connect_refusals.add(judged.answer.code);
    environment_.trail.record({.name = audit::Name::kConnectRefused,
                               .reason = judged.answer.message,
                               .request = request_,
                               .address = &handshake.address,
                               .origin = head.header("origin").value_or(std::string_view())});
  }
  return judged;
}

std::string PeerFactory::origin_key(const net::RequestHead& head) const {
  if (const std::optional<std::string_view> origin = head.header("origin")) {
    return std::string(*origin);
  }
  return judge_origin(head).origin;
}

std::string PeerFactory::credential_key(const net::RequestHead& head) const {
  std::string bearer = bearer_of(head);
  const net::PeerCertificate* const certificate = counting_certificate(head);
  if (!bearer.empty()) return bearer;
  if (certificate != nullptr) return std::string(kCertificateKey) + certificate->digest;
  return login_key(head);
}

// A refresh changes the cookie and not its login. One that has expired since stands for its login
// still: the cookie may be changing while the request is on its way, and the session ends by itself
// when its own token does, or when the login is revoked.
std::string PeerFactory::login_key(const net::RequestHead& head) const {
  if (!cookies_ || !is_accepted_page(head)) return {};
  const auto header = head.header("cookie");
  const auth::Cookie cookie =
      auth::find_cookie(header.value_or(std::string_view()), auth::kAccessCookie);
  if (cookie.state != auth::Cookie::State::kGood) return {};
  const auth::Verified token = environment_.accounts.verify(cookie.value);
  const bool signed_here =
      token.fault == auth::Fault::kNone || token.fault == auth::Fault::kTokenExpired;
  return signed_here ? std::string(kLoginKey) + token.claims.sid : std::string();
}

bool PeerFactory::agrees(const std::string& credential_key, const net::RequestHead& head) const {
  const bool comes_by_itself =
      credential_key.starts_with(kCertificateKey) || credential_key.starts_with(kLoginKey);
  if (!comes_by_itself && bearer_of(head).empty()) return true;
  return this->credential_key(head) == credential_key;
}

bool PeerFactory::is_accepted_page(const net::RequestHead& head) const {
  return judge_origin(head).verdict == auth::OriginVerdict::kAccepted;
}

auth::OriginJudgement PeerFactory::judge_origin(const net::RequestHead& head) const {
  auth::Handshake handshake = handshake_of(head);
  const BorrowedHeaders headers(head);
  handshake.headers = &headers;
  return auth::judge_origin(origin_, handshake);
}

}  // namespace securechat::server
