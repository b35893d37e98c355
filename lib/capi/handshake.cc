#include "securechat/handshake.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "auth/handshake.h"
#include "base/text.h"
#include "capi/boundary.h"

using namespace securechat;
using namespace securechat::capi;

// Lives for one call of a filter.
struct securechat_handshake {
  auth::Handshake& handshake;
  securechat_server* server;
  bool rejected = false;
  // Texts that were lent and are not in the handshake in that form. A deque never moves them.
  mutable std::deque<std::string> lent = {};

  const char* lend_copy(std::string text, std::size_t* len) const {
    return lend(lent.emplace_back(std::move(text)), len);
  }
};

namespace {

using Field = std::string (*)(const auth::Handshake&);

std::string header_of(const auth::Handshake& handshake, std::string_view name) {
  if (handshake.headers == nullptr) return {};
  return std::string(handshake.headers->header(name).value_or(std::string_view()));
}

constexpr std::array<std::pair<std::string_view, Field>, 12> kFields{{
    {"stage",
     [](const auth::Handshake& h) -> std::string {
       return h.stage == auth::Stage::kUpgrade ? "upgrade" : "join";
     }},
    {"address",
     [](const auth::Handshake& h) {
       return h.address.to_string();
     }},
    {"origin",
     [](const auth::Handshake& h) {
       return header_of(h, "origin");
     }},
    {"path",
     [](const auth::Handshake& h) {
       return h.path;
     }},
    {"query",
     [](const auth::Handshake& h) {
       return h.query;
     }},
    {"transport",
     [](const auth::Handshake& h) {
       return h.transport;
     }},
    {"namespace",
     [](const auth::Handshake& h) {
       return h.nsp;
     }},
    {"auth",
     [](const auth::Handshake& h) {
       return h.auth;
     }},
    {"user_id",
     [](const auth::Handshake& h) {
       return h.principal ? h.principal->user_id : std::string();
     }},
    {"username",
     [](const auth::Handshake& h) {
       return h.principal ? h.principal->username : std::string();
     }},
    {"role",
     [](const auth::Handshake& h) {
       return h.principal ? h.principal->role : std::string();
     }},
    {"claims",
     [](const auth::Handshake& h) {
       return h.principal ? h.principal->claims : std::string();
     }},
}};

Status check_name(std::string_view text, std::string_view name) {
  constexpr std::size_t kLongest = 64;
  const auto refuse = [name](std::string_view why) {
    return Status(Code::kInvalid, std::string(name) + std::string(why));
  };
  if (!is_utf8(text)) return refuse(" is not UTF-8 text");
  if (code_point_count(text) > kLongest) return refuse(" is longer than 64 characters");
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (is_control(c) || is_bidi_control(c) || is_zero_width(c)) {
      return refuse(" holds control or invisible characters");
    }
  }
  return {};
}

auth::Verdict run_filter(securechat_handshake& handle, securechat_handshake_fn filter,
                         std::string_view name, void* user_data) {
  securechat_verdict verdict = SECURECHAT_VERDICT_DENY;
  const bool returned =
      call_host(handle.server->impl->log(), name, [&] { verdict = filter(&handle, user_data); });
  if (!returned || handle.rejected) return auth::Verdict::kDeny;
  if (verdict == SECURECHAT_VERDICT_NEXT) return auth::Verdict::kNext;
  return verdict == SECURECHAT_VERDICT_ALLOW ? auth::Verdict::kAllow : auth::Verdict::kDeny;
}

}  // namespace

securechat_status securechat_server_add_handshake_filter(securechat_server* server,
                                                         const char* name, int32_t priority,
                                                         securechat_handshake_fn filter,
                                                         void* user_data,
                                                         securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    if (Status s = check(server); !s.ok()) return s;
    if (Status s = check_text(name, "the filter's name"); !s.ok()) return s;
    if (filter == nullptr) return Status(Code::kInvalid, "the filter is NULL");
    return server->impl->add_handshake_filter(
        name, priority,
        [=, label = std::string(name), data = std::move(data)](auth::Handshake& handshake) {
          securechat_handshake handle{handshake, server};
          return run_filter(handle, filter, label, data.get());
        });
  });
}

const char* securechat_handshake_header(const securechat_handshake* handshake, const char* name,
                                        size_t* len) {
  const char* value = lend_nothing(len);
  guard([&] {
    if (handshake == nullptr || name == nullptr) {
      return Status(Code::kInvalid, "the handshake or the header's name is NULL");
    }
    if (handshake->handshake.headers == nullptr) return Status();
    const auto header = handshake->handshake.headers->header(ascii_lower(name));
    if (header) value = handshake->lend_copy(std::string(*header), len);
    return Status();
  });
  return value;
}

const char* securechat_handshake_get(const securechat_handshake* handshake, const char* field,
                                     size_t* len) {
  const char* value = lend_nothing(len);
  guard([&] {
    if (handshake == nullptr || field == nullptr) {
      return Status(Code::kInvalid, "the handshake or the field's name is NULL");
    }
    const auto found = std::ranges::find(kFields, std::string_view(field),
                                         [](const auto& row) { return row.first; });
    if (found == kFields.end()) {
      return Status(Code::kNotFound, "a handshake has no field of that name");
    }
    value = handshake->lend_copy(found->second(handshake->handshake), len);
    return Status();
  });
  return value;
}

securechat_server* securechat_handshake_server(const securechat_handshake* handshake) {
  return handshake == nullptr ? nullptr : handshake->server;
}

securechat_status securechat_handshake_set_principal(securechat_handshake* handshake,
                                                     const char* user_id, const char* username,
                                                     const char* role) {
  return guard([=] {
    if (handshake == nullptr) return Status(Code::kInvalid, "the handshake is NULL");
    if (Status s = check_text(user_id, "the user id"); !s.ok()) return s;
    const std::string_view shown = or_empty(username);
    const std::string_view rank = or_empty(role);
    if (Status s = check_name(user_id, "the user id"); !s.ok()) return s;
    if (Status s = check_name(shown, "the username"); !s.ok()) return s;
    if (Status s = check_name(rank, "the role"); !s.ok()) return s;
    auth::Principal principal;
    principal.user_id = user_id;
    principal.username = shown.empty() ? std::string_view(user_id) : shown;
    if (!rank.empty()) principal.role = rank;
    handshake->handshake.principal = std::move(principal);
    handshake->handshake.principal_from_host = true;
    return Status();
  });
}

securechat_status securechat_handshake_reject(securechat_handshake* handshake, int32_t http_status,
                                              const char* public_reason) {
  return guard([=] {
    if (handshake == nullptr) return Status(Code::kInvalid, "the handshake is NULL");
    if (http_status != 0 && (http_status < 400 || http_status > 599)) {
      return Status(Code::kInvalid, "the HTTP status is not one of 400 to 599");
    }
    if (!is_utf8(or_empty(public_reason))) {
      return Status(Code::kInvalid, "the public reason is not UTF-8 text");
    }
    handshake->handshake.public_reason = strip_controls(or_empty(public_reason));
    handshake->handshake.http_status = http_status == 0 ? 403 : http_status;
    handshake->rejected = true;
    return Status();
  });
}
