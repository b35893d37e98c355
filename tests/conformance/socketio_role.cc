#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "conformance/host.h"
#include <securechat.h>

// Over the public C ABI alone, as any host: a filter lets everybody in under a name of its own.
namespace securechat::conformance {

namespace {

void check(securechat_status status) {
  if (status != SECURECHAT_OK) throw std::runtime_error(securechat_last_error());
}

// What each newcomer sent in its auth object, from its filter to its connect callback.
struct Newcomers {
  std::mutex mutex;
  std::map<std::string, std::string> auth;
  std::uint64_t count = 0;
};

securechat_verdict let_in(securechat_handshake* handshake, void* user_data) {
  if (std::strcmp(securechat_handshake_get(handshake, "stage", nullptr), "join") != 0) {
    return SECURECHAT_VERDICT_NEXT;
  }
  auto& newcomers = *static_cast<Newcomers*>(user_data);
  const std::lock_guard lock(newcomers.mutex);
  const std::string name = "guest-" + std::to_string(++newcomers.count);
  const std::string auth = securechat_handshake_get(handshake, "auth", nullptr);
  newcomers.auth[name] = auth.empty() ? "{}" : auth;
  return securechat_handshake_set_principal(handshake, name.c_str(), name.c_str(), nullptr) ==
                 SECURECHAT_OK
             ? SECURECHAT_VERDICT_ALLOW
             : SECURECHAT_VERDICT_DENY;
}

securechat_target only(securechat_session session, const char* nsp) {
  securechat_target target = {};
  target.struct_size = sizeof target;
  target.session = session;
  target.nsp = nsp;
  return target;
}

void greet(securechat_server* server, securechat_session session, const char* user_id,
           const char* nsp, void* user_data) {
  auto& newcomers = *static_cast<Newcomers*>(user_data);
  std::string args;
  {
    const std::lock_guard lock(newcomers.mutex);
    args = "[" + newcomers.auth[user_id] + "]";
    newcomers.auth.erase(user_id);
  }
  const securechat_target target = only(session, nsp);
  securechat_server_emit(server, &target, "auth", args.data(), args.size());
}

std::vector<securechat_blob> attachments_of(const securechat_message* message) {
  std::vector<securechat_blob> blobs;
  securechat_blob blob = {};
  while (securechat_message_attachment(message, blobs.size(), &blob.data, &blob.len) ==
         SECURECHAT_OK) {
    blobs.push_back(blob);
  }
  return blobs;
}

securechat_verdict send_back(securechat_server* server, securechat_message* message, void*) {
  const std::vector<securechat_blob> blobs = attachments_of(message);
  size_t len = 0;
  const char* args = securechat_message_get(message, "args", &len);
  const securechat_target target = only(securechat_message_session(message),
                                        securechat_message_get(message, "namespace", nullptr));
  securechat_server_emit_binary(server, &target, "message-back", args, len, blobs.data(),
                                blobs.size());
  return SECURECHAT_VERDICT_ALLOW;
}

securechat_verdict acknowledge(securechat_server*, securechat_message* message, void*) {
  const std::vector<securechat_blob> blobs = attachments_of(message);
  size_t len = 0;
  const char* args = securechat_message_get(message, "args", &len);
  securechat_message_ack_binary(message, args, len, blobs.data(), blobs.size());
  return SECURECHAT_VERDICT_ALLOW;
}

void configure(securechat_config* config, const HostOptions& options) {
  const std::string many = "1000000";
  const std::vector<std::pair<const char*, std::string>> values{
      {"listen.port", std::to_string(options.port)},
      {"db.path", ":memory:"},
      {"chat.history", "off"},
      {"chat.default_room", ""},
      {"auth.jwt_secret", "a secret of the conformance host, never used: 0"},
      {"auth.refresh_secret", "a secret of the conformance host, never used: 1"},
      {"origin.allow_missing", "true"},
      {"engine.ping_interval", std::to_string(options.ping_interval_ms) + "ms"},
      {"engine.ping_timeout", std::to_string(options.ping_timeout_ms) + "ms"},
      {"engine.recovery", "off"},
      {"engine.error_data", "off"},
      {"limits.payload", many},
      {"limits.payload_unauthenticated", many},
      {"limits.auth_timeout", "1000ms"},
      {"limits.connections", many},
      {"limits.messages", many},
  };
  for (const auto& [key, value] : values) check(securechat_config_set(config, key, value.c_str()));
}

}  // namespace

int run_socketio(const HostOptions& options) {
  Newcomers newcomers;
  securechat_config* config = securechat_config_new();
  configure(config, options);
  securechat_server* server = nullptr;
  check(securechat_server_create(config, &server));
  securechat_config_free(config);
  check(securechat_server_declare_namespace(server, "/custom"));
  check(
      securechat_server_add_handshake_filter(server, "everybody", 0, let_in, &newcomers, nullptr));
  check(securechat_server_on_connect(server, greet, &newcomers, nullptr));
  for (const char* nsp : {"/", "/custom"}) {
    check(securechat_server_on_event(server, nsp, "message", send_back, nullptr, nullptr));
    check(
        securechat_server_on_event(server, nsp, "message-with-ack", acknowledge, nullptr, nullptr));
  }
  check(securechat_server_start(server));
  char* url = nullptr;
  check(securechat_server_url(server, &url));
  print_listening(url);
  securechat_free(url);
  wait_for_end_signal();
  check(securechat_server_stop(server, 1000));
  return securechat_server_destroy(server) == SECURECHAT_OK ? 0 : 1;
}

}  // namespace securechat::conformance
