#include "securechat/server.h"

#include <unistd.h>

#include <cstring>
#include <string>
#include <utility>

#include "capi/boundary.h"

using namespace securechat;
using namespace securechat::capi;

securechat_status securechat_server_create(const securechat_config* config,
                                           securechat_server** out) {
  return guard([=] {
    if (Status s = prepare(out); !s.ok()) return s;
    if (Status s = check(config); !s.ok()) return s;
    Result<std::unique_ptr<server::Server>> impl = server::Server::create(config->config);
    if (!impl.ok()) return impl.status();
    auto made = std::make_unique<securechat_server>();
    made->owner = ::getpid();
    made->impl = *std::move(impl);
    *out = made.release();
    return Status();
  });
}

securechat_status securechat_server_declare_namespace(securechat_server* server,
                                                      const char* name_or_pattern) {
  return guard([=] {
    if (Status s = check(server); !s.ok()) return s;
    if (Status s = check_text(name_or_pattern, "the namespace"); !s.ok()) return s;
    return server->impl->declare_namespace(name_or_pattern);
  });
}

securechat_status securechat_server_start(securechat_server* server) {
  return guard([=] {
    if (Status s = check_blocking(server); !s.ok()) return s;
    return server->impl->start();
  });
}

securechat_status securechat_server_reload(securechat_server* server,
                                           const securechat_config* config) {
  return guard([=] {
    if (Status s = check_blocking(server); !s.ok()) return s;
    if (Status s = check(config); !s.ok()) return s;
    return server->impl->reload(config->config);
  });
}

securechat_status securechat_server_stop(securechat_server* server, int32_t drain_ms) {
  if (server == nullptr) return SECURECHAT_OK;
  return guard([=] {
    if (Status s = check_blocking(server); !s.ok()) return s;
    if (drain_ms < 0) return Status(Code::kInvalid, "drain_ms is negative");
    return server->impl->stop(drain_ms);
  });
}

securechat_status securechat_server_destroy(securechat_server* server) {
  if (server == nullptr) return SECURECHAT_OK;
  return guard([=] {
    if (Status s = check_blocking(server); !s.ok()) return s;
    // Callbacks run until the threads have ended, and are given the handle: it stays whole until
    // then.
    if (Status stopped = server->impl->stop(0); !stopped.ok()) return stopped;
    server->impl.reset();
    server->tag = 0;
    const std::unique_ptr<securechat_server> owned(server);
    return Status();
  });
}

securechat_status securechat_server_url(const securechat_server* server, char** out) {
  return guard([=] {
    if (Status s = prepare(out); !s.ok()) return s;
    if (Status s = check(server); !s.ok()) return s;
    return give(out, server->impl->url());
  });
}

securechat_status securechat_server_add_static(securechat_server* server, const char* path,
                                               const char* content_type, const void* data,
                                               size_t len) {
  return guard([=] {
    if (Status s = check(server); !s.ok()) return s;
    if (Status s = check_text(path, "the path"); !s.ok()) return s;
    if (*path != '/') return Status(Code::kInvalid, "the path must begin with /");
    if (Status s = check_text(content_type, "the content type"); !s.ok()) return s;
    for (const char* c = content_type; *c != '\0'; ++c) {
      if (*c < ' ' || *c == '\x7f') {
        return Status(Code::kInvalid, "the content type holds control characters");
      }
    }
    const auto* const bytes = static_cast<const char*>(data);
    if (bytes == nullptr && len != 0) return Status(Code::kInvalid, "the data is NULL");
    const std::size_t size = len == SECURECHAT_ZSTR ? std::strlen(bytes) : len;
    return server->impl->add_static(path, content_type,
                                    size == 0 ? std::string() : std::string(bytes, size));
  });
}

securechat_status securechat_server_set_log(securechat_server* server, int32_t level,
                                            securechat_log_fn log, void* user_data,
                                            securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    if (Status s = check(server); !s.ok()) return s;
    if (level < SECURECHAT_LOG_ERROR || level > SECURECHAT_LOG_DEBUG) {
      return Status(Code::kInvalid, "the level is none of SECURECHAT_LOG_*");
    }
    Logger::Sink sink;
    if (log != nullptr) {
      // What throws here has nobody to report to but the log itself: it is dropped.
      sink = [log, data = std::move(data)](LogLevel at, std::string_view line) {
        try {
          log(static_cast<std::int32_t>(at), line.data(), line.size(), data.get());
        } catch (abi::__forced_unwind&) {
          throw;
        } catch (...) {
        }
      };
    }
    server->impl->set_log(static_cast<LogLevel>(level), std::move(sink));
    return Status();
  });
}

securechat_status securechat_server_set_audit(securechat_server* server, securechat_log_fn audit,
                                              void* user_data, securechat_destroy_fn destroy) {
  HostData data(user_data, destroy);
  return guard([=, &data] {
    if (Status s = check(server); !s.ok()) return s;
    audit::Trail::Sink sink;
    if (audit != nullptr) {
      sink = [audit, data = std::move(data)](LogLevel at, std::string_view line) {
        audit(static_cast<std::int32_t>(at), line.data(), line.size(), data.get());
      };
    }
    return server->impl->set_audit(std::move(sink));
  });
}
