#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/filter_chain.h"
#include "auth/origin.h"
#include "base/ip_address.h"
#include "chat/environment.h"
#include "chat/namespaces.h"
#include "chat/peer_sessions.h"
#include "chat/peer_table.h"
#include "connection/connection.h"
#include "net/request.h"
#include "server/settings.h"

namespace securechat::server {

// Judges handshakes at their HTTP stage, and makes what will live on the connection of a peer that
// may go on. Lives on the shard's thread.
class PeerFactory {
 public:
  // References outlive the factory.
  PeerFactory(chat::Environment& environment, chat::Namespaces& namespaces, chat::PeerTable& peers)
      : environment_(environment), namespaces_(namespaces), peers_(peers) {}

  void apply(const Settings& settings);

  // Gives the request that is handled next its name, which stands in the audit lines of its
  // handshake.
  const std::string& name_request(const net::RequestHead& head);

  struct Judged {
    auth::FilterChain::Answer answer;          // fault is kNone when the peer may go on.
    std::unique_ptr<chat::PeerSessions> peer;  // Null when it may not.
  };
  Judged judge(const net::RequestHead& head, connection::Wire wire, std::string_view transport);

  // What identifies the origin of a request: the later ones of a session must have the same, or a
  // page would ride on the session of another. It says nothing of whether that origin may join: a
  // browser names it on a POST, and leaves it to be implied on a GET of the same page.
  [[nodiscard]] std::string origin_key(const net::RequestHead& head) const;
  // What the handshake names besides its origin: a token, or else a client certificate that counts,
  // or else the login whose access cookie an accepted page brought. The later requests of a session
  // may leave out the token. What comes by itself with every request of the same peer they must
  // bring: the certificate; or, from an accepted origin, a cookie of the same login.
  [[nodiscard]] std::string credential_key(const net::RequestHead& head) const;
  [[nodiscard]] bool agrees(const std::string& credential_key, const net::RequestHead& head) const;
  [[nodiscard]] IpAddress address_of(const net::RequestHead& head) const;
  [[nodiscard]] bool comes_from_loopback(const net::RequestHead& head) const;
  // Whether a browser says that a page of an accepted origin asks. Native clients are no pages.
  [[nodiscard]] bool is_accepted_page(const net::RequestHead& head) const;

 private:
  [[nodiscard]] const net::PeerCertificate* counting_certificate(
      const net::RequestHead& head) const;
  [[nodiscard]] std::string login_key(const net::RequestHead& head) const;
  [[nodiscard]] auth::Handshake handshake_of(const net::RequestHead& head) const;
  [[nodiscard]] auth::OriginJudgement judge_origin(const net::RequestHead& head) const;

  chat::Environment& environment_;
  chat::Namespaces& namespaces_;
  chat::PeerTable& peers_;
  auth::OriginPolicy origin_;
  std::vector<Cidr> trusted_proxies_;
  bool certificates_ = false;  // Whether they say who a peer is.
  bool cookies_ = false;       // Whether pages have their tokens in cookies.
  std::string request_;
};

}  // namespace securechat::server
