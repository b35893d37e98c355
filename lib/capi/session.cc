#include "securechat/session.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "capi/boundary.h"
#include "chat/types.h"

using namespace securechat;
using namespace securechat::capi;

namespace {

server::SessionHook session_hook(securechat_server* server, std::string_view name,
                                 securechat_session_fn callback, HostData data) {
  return [=, data = std::move(data)](chat::SessionId session, std::string_view user_id,
                                     std::string_view detail) {
    call_host(server->impl->log(), name, [&] {
      const std::string user(user_id);
      const std::string why(detail);
      callback(server, session, user.c_str(), why.c_str(), data.get());
    });
  };
}

}  // namespace

securechat_status securechat_server_on_connect(securechat_server* server,
                                               securechat_session_fn callback, void* user_data,
                                               securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    if (Status s = check(server); !s.ok()) return s;
    if (callback == nullptr) return Status(Code::kInvalid, "the callback is NULL");
    return server->impl->on_connect(session_hook(server, "connect", callback, std::move(data)));
  });
}

securechat_status securechat_server_on_disconnect(securechat_server* server,
                                                  securechat_session_fn callback, void* user_data,
                                                  securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    if (Status s = check(server); !s.ok()) return s;
    if (callback == nullptr) return Status(Code::kInvalid, "the callback is NULL");
    return server->impl->on_disconnect(
        session_hook(server, "disconnect", callback, std::move(data)));
  });
}

securechat_status securechat_server_join(securechat_server* server, securechat_session session,
                                         const char* room) {
  return guard([=] {
    if (Status s = check(server); !s.ok()) return s;
    if (Status s = check_text(room, "the room"); !s.ok()) return s;
    return server->impl->join(session, room);
  });
}

securechat_status securechat_server_leave(securechat_server* server, securechat_session session,
                                          const char* room) {
  return guard([=] {
    if (Status s = check(server); !s.ok()) return s;
    if (Status s = check_text(room, "the room"); !s.ok()) return s;
    return server->impl->leave(session, room);
  });
}

securechat_status securechat_server_disconnect(securechat_server* server,
                                               securechat_session session, const char* reason) {
  return guard([=] {
    if (Status s = check(server); !s.ok()) return s;
    if (!is_utf8(or_empty(reason))) return Status(Code::kInvalid, "the reason is not UTF-8 text");
    return server->impl->disconnect(session, or_empty(reason));
  });
}
