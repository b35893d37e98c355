#include "server/registrations.h"

#include <algorithm>
#include <utility>

#include "chat/events.h"
#include "chat/namespaces.h"

namespace securechat::server {

bool Registrations::is_declared(std::string_view nsp) const {
  return nsp == "/" || std::ranges::find(namespaces, nsp) != namespaces.end();
}

void Registrations::add_filter(std::string name, std::int32_t priority, HandshakeHook hook) {
  filters.push_back({std::move(name), priority, std::move(hook)});
}

Status Registrations::declare_namespace(std::string name_or_pattern) {
  if (Status valid = chat::check_namespace(name_or_pattern); !valid.ok()) return valid;
  if (is_declared(name_or_pattern)) {
    return {Code::kExists, "the namespace \"" + name_or_pattern + "\" is declared already"};
  }
  namespaces.push_back(std::move(name_or_pattern));
  return {};
}

Status Registrations::set_event_hook(std::string nsp, std::string event, MessageHook& hook) {
  if (chat::is_builtin_event(event)) {
    return {Code::kInvalid, "\"" + event + "\" is an event of the server itself"};
  }
  if (!is_declared(nsp)) {
    return {Code::kInvalid, "the namespace \"" + nsp + "\" is not declared; declare it first"};
  }
  std::swap(hooks.events[{std::move(nsp), std::move(event)}], hook);
  return {};
}

Status Registrations::add_file(std::string path, std::string content_type, std::string body) {
  if (!path.starts_with('/')) {
    return {Code::kInvalid, "the path of a static file begins with \"/\", got \"" + path + "\""};
  }
  files.add(std::move(path), std::move(content_type), std::move(body));
  return {};
}

}  // namespace securechat::server
