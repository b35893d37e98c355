#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "auth/handshake.h"
#include "base/packed_texts.h"

namespace securechat::auth {

// What a connection keeps of its handshake for the joins that may come as long as it lives. What
// only a filter of the host's looks at is kept where there is one.
class KeptHandshake {
 public:
  // At Stage::kUpgrade, judged. `headers` is null when no filter will ask; `keep_origin`: the audit
  // log will.
  KeptHandshake(const Handshake& handshake, std::unique_ptr<const HeaderSource> headers,
                bool keep_origin = false)
      : address_(handshake.address),
        tls_(handshake.tls),
        bearer_header_(handshake.bearer_header),
        token_from_cookie_(handshake.token_from_cookie),
        principal_from_host_(handshake.principal_from_host),
        certificate_(handshake.certificate),
        origin_fault_(handshake.origin_fault),
        principal_(handshake.principal ? std::make_unique<Principal>(*handshake.principal)
                                       : nullptr) {
    if (keep_origin) {
      token_ = PackedTexts({handshake.token, origin_of(handshake)});
    } else if (!handshake.token.empty()) {
      token_ = PackedTexts({handshake.token});
    }
    if (!headers) return;
    for_host_ = std::make_unique<const ForHost>(ForHost{
        std::move(headers),
        PackedTexts({handshake.path, handshake.query, handshake.transport, handshake.origin})});
  }

  // As it was.
  [[nodiscard]] Handshake restore() const {
    Handshake handshake;
    handshake.address = address_;
    handshake.tls = tls_;
    handshake.bearer_header = bearer_header_;
    handshake.token_from_cookie = token_from_cookie_;
    handshake.principal_from_host = principal_from_host_;
    handshake.certificate = certificate_;
    handshake.origin_fault = origin_fault_;
    if (PackedTexts::Reader token(token_); !token.done()) handshake.token = token.next();
    if (principal_) handshake.principal = *principal_;
    if (for_host_) restore_for_host(handshake);
    return handshake;
  }

  [[nodiscard]] const IpAddress& address() const { return address_; }
  [[nodiscard]] Fault origin_fault() const { return origin_fault_; }
  // Empty unless it was to be kept.
  [[nodiscard]] std::string_view origin() const {
    PackedTexts::Reader texts(token_);
    if (!texts.done()) (void)texts.next();
    return texts.done() ? std::string_view() : texts.next();
  }
  // A client certificate said who the peer is.
  [[nodiscard]] bool certified() const { return certificate_; }
  // The peer said at the handshake who it is, or the host did.
  [[nodiscard]] bool identified() const { return bearer_header_ || principal_ != nullptr; }

 private:
  // Longer than what an audit line has of it.
  static constexpr std::size_t kMaxKeptOrigin = 300;

  // Also one that was refused.
  static std::string_view origin_of(const Handshake& handshake) {
    if (!handshake.origin.empty() || handshake.headers == nullptr) return handshake.origin;
    const auto origin = handshake.headers->header("origin").value_or(std::string_view());
    return origin.substr(0, kMaxKeptOrigin);
  }

  struct ForHost {
    std::shared_ptr<const HeaderSource> headers;
    PackedTexts texts;
  };

  void restore_for_host(Handshake& handshake) const {
    handshake.headers_owner = for_host_->headers;
    handshake.headers = for_host_->headers.get();
    PackedTexts::Reader texts(for_host_->texts);
    handshake.path = texts.next();
    handshake.query = texts.next();
    handshake.transport = texts.next();
    handshake.origin = texts.next();
  }

  IpAddress address_;
  bool tls_;
  bool bearer_header_;
  bool token_from_cookie_;
  bool principal_from_host_;
  bool certificate_;
  Fault origin_fault_;
  PackedTexts token_;
  std::unique_ptr<const Principal> principal_;
  std::unique_ptr<const ForHost> for_host_;
};

}  // namespace securechat::auth
