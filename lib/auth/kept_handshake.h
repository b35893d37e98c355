#pragma once

#include <memory>

#include "auth/handshake.h"
#include "base/packed_texts.h"

namespace securechat::auth {

// What a connection keeps of its handshake for the joins that may come as long as it lives, in a
// third of the memory.
class KeptHandshake {
 public:
  // At Stage::kUpgrade, judged.
  explicit KeptHandshake(const Handshake& handshake)
      : address_(handshake.address),
        tls_(handshake.tls),
        bearer_header_(handshake.bearer_header),
        principal_from_host_(handshake.principal_from_host),
        origin_fault_(handshake.origin_fault),
        texts_({handshake.path, handshake.query, handshake.transport, handshake.token,
                handshake.origin}),
        principal_(handshake.principal ? std::make_unique<Principal>(*handshake.principal)
                                       : nullptr) {}

  // As it was; the headers are not kept here.
  [[nodiscard]] Handshake restore() const {
    Handshake handshake;
    handshake.address = address_;
    handshake.tls = tls_;
    handshake.bearer_header = bearer_header_;
    handshake.principal_from_host = principal_from_host_;
    handshake.origin_fault = origin_fault_;
    PackedTexts::Reader texts(texts_);
    handshake.path = texts.next();
    handshake.query = texts.next();
    handshake.transport = texts.next();
    handshake.token = texts.next();
    handshake.origin = texts.next();
    if (principal_) handshake.principal = *principal_;
    return handshake;
  }

  [[nodiscard]] const IpAddress& address() const { return address_; }
  [[nodiscard]] Fault origin_fault() const { return origin_fault_; }
  // The peer said at the handshake who it is, or the host did.
  [[nodiscard]] bool identified() const { return bearer_header_ || principal_ != nullptr; }

 private:
  IpAddress address_;
  bool tls_;
  bool bearer_header_;
  bool principal_from_host_;
  Fault origin_fault_;
  PackedTexts texts_;
  std::unique_ptr<const Principal> principal_;
};

}  // namespace securechat::auth
