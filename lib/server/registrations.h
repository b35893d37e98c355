#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "auth/filter_chain.h"
#include "base/status.h"
#include "chat/environment.h"
#include "server/hooks.h"
#include "server/static_files.h"

namespace securechat::server {

// What the host registers before the start. Nothing of it changes once the shards run, so that
// every thread may read it. Whoever registers holds the server's lock: what a registration replaces
// is handed back in its place, because the end of it may call the server.
struct Registrations {
  std::vector<auth::HostFilter> filters;  // In the order in which they were added.
  chat::Hooks hooks;
  RegistrationHook registration;
  std::vector<std::string> namespaces;  // Names and patterns, beside "/".
  StaticFiles files;

  void add_filter(std::string name, std::int32_t priority, HandshakeHook hook);
  // kInvalid with the reason, kExists when it is declared already.
  Status declare_namespace(std::string name_or_pattern);
  // kInvalid for an event of the server's own, or a namespace that is not declared.
  Status set_event_hook(std::string nsp, std::string event, MessageHook& hook);
  // kInvalid unless the path begins with '/'.
  Status add_file(std::string path, std::string content_type, std::string body);

 private:
  [[nodiscard]] bool is_declared(std::string_view nsp) const;
};

}  // namespace securechat::server
