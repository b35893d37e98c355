#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "capi/arguments.h"
#include "capi/boundary.h"
#include "chat/types.h"
#include "securechat/session.h"

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

// An event as the host gives it.
struct GivenEvent {
  const char* name;
  const char* json_args;
  std::size_t len;
  const securechat_blob* attachments;
  std::size_t count;
};

Status read_emission(const securechat_server& server, const GivenEvent& given,
                     chat::Emission& emission) {
  if (Status s = check_event_name(given.name); !s.ok()) return s;
  Arguments arguments;
  if (Status s =
          read_arguments(given.json_args, given.len, given.attachments, given.count, arguments);
      !s.ok()) {
    return s;
  }
  std::size_t bytes = 0;
  for (const std::string& attachment : arguments.attachments) bytes += attachment.size();
  if (bytes > server.impl->payload_limit()) {
    return {Code::kInvalid, "the attachments are larger than limits.payload together"};
  }
  emission = {given.name, std::move(arguments.json), std::move(arguments.attachments)};
  return {};
}

// `tell` hears how it ended, in a call of the host's.
template <typename Tell>
Status ask(securechat_server* server, securechat_session session, const GivenEvent& given,
           std::int32_t timeout_ms, bool has_callback, Tell tell) {
  if (Status s = check(server); !s.ok()) return s;
  if (!has_callback) return {Code::kInvalid, "the callback is NULL"};
  if (timeout_ms < 1) return {Code::kInvalid, "the timeout is not at least 1 ms"};
  chat::Emission emission;
  if (Status s = read_emission(*server, given, emission); !s.ok()) return s;
  return server->impl->emit_with_ack(
      session, std::move(emission), timeout_ms,
      [server, tell = std::move(tell)](const chat::AckAnswer& answer) {
        call_host(server->impl->log(), "acknowledgement", [&] {
          tell(static_cast<securechat_status>(answer.code), std::string(answer.args),
               answer.attachments);
        });
      });
}

}  // namespace

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
    chat::Emission emission;
    if (Status s = read_emission(*server, {event, json_args, len, attachments, count}, emission);
        !s.ok()) {
      return s;
    }
    return server->impl->emit(whom, std::move(emission));
  });
}

securechat_status securechat_server_emit_with_ack(securechat_server* server,
                                                  securechat_session session, const char* event,
                                                  const char* json_args, size_t len,
                                                  int32_t timeout_ms, securechat_ack_fn callback,
                                                  void* user_data, securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    return ask(server, session, {event, json_args, len, nullptr, 0}, timeout_ms,
               callback != nullptr,
               [=, data = std::move(data)](securechat_status status, const std::string& args,
                                           std::span<const std::string> /*attachments*/) {
                 callback(server, session, status, args.c_str(), args.size(), data.get());
               });
  });
}

securechat_status securechat_server_emit_binary_with_ack(
    securechat_server* server, securechat_session session, const char* event, const char* json_args,
    size_t len, const securechat_blob* attachments, size_t count, int32_t timeout_ms,
    securechat_binary_ack_fn callback, void* user_data, securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    return ask(server, session, {event, json_args, len, attachments, count}, timeout_ms,
               callback != nullptr,
               [=, data = std::move(data)](securechat_status status, const std::string& args,
                                           std::span<const std::string> answered) {
                 std::vector<securechat_blob> blobs;
                 blobs.reserve(answered.size());
                 for (const std::string& one : answered) blobs.push_back({one.data(), one.size()});
                 callback(server, session, status, args.c_str(), args.size(), blobs.data(),
                          blobs.size(), data.get());
               });
  });
}
