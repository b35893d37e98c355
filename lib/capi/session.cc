#include "securechat/session.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "capi/arguments.h"
#include "capi/boundary.h"
#include "chat/types.h"

using namespace securechat;
using namespace securechat::capi;

namespace {

// No version will ever have more; what is larger was never set, and is not to be read.
constexpr std::uint32_t kLargestTarget = 1'024;

// A caller that was built against a later version may give more fields; they must be unused.
Status check_size(const securechat_target& target) {
  if (target.struct_size < sizeof(securechat_target) || target.struct_size > kLargestTarget) {
    return {Code::kInvalid, "struct_size of the target is not sizeof(securechat_target)"};
  }
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&target);
  const bool unused = std::all_of(bytes + sizeof target, bytes + target.struct_size,
                                  [](unsigned char byte) { return byte == 0; });
  if (!unused || target.reserved != 0) {
    return {Code::kUnsupported, "the target uses fields that this version does not know"};
  }
  return {};
}

Status read_target(const securechat_target* given, chat::Target& target) {
  if (given == nullptr) return {};
  if (Status s = check_size(*given); !s.ok()) return s;
  for (const auto& [text, name] :
       {std::pair(given->nsp, "the namespace"), std::pair(given->room, "the room"),
        std::pair(given->user_id, "the user id")}) {
    if (text == nullptr) continue;
    if (Status s = check_text(text, name, Empty::kAllowed); !s.ok()) return s;
  }
  target.nsp = or_empty(given->nsp);
  target.room = or_empty(given->room);
  target.user_id = or_empty(given->user_id);
  target.session = given->session;
  target.except = given->except;
  if (!target.nsp.empty() && target.nsp.front() != '/') {
    return {Code::kInvalid, "the namespace must begin with /"};
  }
  return {};
}

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

securechat_status securechat_server_emit(securechat_server* server, const securechat_target* target,
                                         const char* event, const char* json_args, size_t len) {
  return securechat_server_emit_binary(server, target, event, json_args, len, nullptr, 0);
}

securechat_status securechat_server_emit_binary(securechat_server* server,
                                                const securechat_target* target, const char* event,
                                                const char* json_args, size_t len,
                                                const securechat_blob* attachments, size_t count) {
  return guard([=] {
    if (Status s = check(server); !s.ok()) return s;
    chat::Target whom;
    if (Status s = read_target(target, whom); !s.ok()) return s;
    if (Status s = check_event_name(event); !s.ok()) return s;
    Arguments arguments;
    if (Status s = read_arguments(json_args, len, attachments, count, arguments); !s.ok()) return s;
    std::size_t bytes = 0;
    for (const std::string& attachment : arguments.attachments) bytes += attachment.size();
    if (bytes > server->impl->payload_limit()) {
      return Status(Code::kInvalid, "the attachments are larger than limits.payload together");
    }
    return server->impl->emit(whom,
                              {event, std::move(arguments.json), std::move(arguments.attachments)});
  });
}

securechat_status securechat_server_emit_with_ack(securechat_server* server,
                                                  securechat_session session, const char* event,
                                                  const char* json_args, size_t len,
                                                  int32_t timeout_ms, securechat_ack_fn callback,
                                                  void* user_data, securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    if (Status s = check(server); !s.ok()) return s;
    if (Status s = check_event_name(event); !s.ok()) return s;
    if (callback == nullptr) return Status(Code::kInvalid, "the callback is NULL");
    if (timeout_ms < 1) return Status(Code::kInvalid, "the timeout is not at least 1 ms");
    Arguments arguments;
    if (Status s = read_arguments(json_args, len, nullptr, 0, arguments); !s.ok()) return s;
    return server->impl->emit_with_ack(
        session, event, arguments.json, timeout_ms,
        [=, data = std::move(data)](Code code, std::string_view args) {
          const std::string text(args);
          call_host(server->impl->log(), "acknowledgement", [&] {
            callback(server, session, static_cast<securechat_status>(code), text.c_str(),
                     text.size(), data.get());
          });
        });
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
