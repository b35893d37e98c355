#pragma once

#include <libwebsockets.h>

#include <array>
#include <string>
#include <vector>

#include "base/status.h"
#include "net/loop.h"
#include "net/tls.h"
#include "net/wake_descriptor.h"

namespace securechat::net {

class LwsLoop;

// One libwebsockets context with its vhost, and the memory that libwebsockets refers to instead of
// copying: protocol table, header list, TLS identity.
class LwsContext {
 public:
  explicit LwsContext(const LoopOptions& options);
  ~LwsContext();
  LwsContext(const LwsContext&) = delete;
  LwsContext& operator=(const LwsContext&) = delete;

  // `uv_loop` is the uv_loop_t to run on, or null for the poll loop of libwebsockets. kUnsupported
  // when libwebsockets cannot use libuv.
  Status open(LwsLoop& owner, void* uv_loop);
  // Begins to close everything; on libuv it ends while the loop runs. Returns whether it has ended.
  bool close();

  // The vhost's TLS context, while it is being made. False when it cannot be set up.
  bool take_tls(ssl_ctx_st* tls);
  // Presented by the handshakes from now on; false when OpenSSL has no memory.
  bool use_tls_identity(TlsIdentitySlot identity);

  [[nodiscard]] lws_context* get() const { return context_; }
  [[nodiscard]] lws_vhost* vhost() const { return vhost_; }
  // Of the common headers, with their colons, as libwebsockets wants them.
  [[nodiscard]] const std::vector<std::string>& header_names() const { return header_names_; }
  // Descriptors from this number on cannot be adopted.
  [[nodiscard]] int descriptor_limit() const { return descriptor_limit_; }
  // More connections than this have no room in its tables.
  [[nodiscard]] std::size_t connection_limit() const { return connection_limit_; }

 private:
  [[nodiscard]] lws_context_creation_info make_info(LwsLoop& owner);

  const LoopOptions& options_;
  TlsIdentitySlot identity_;
  ssl_ctx_st* tls_ = nullptr;  // libwebsockets'; null without TLS.
  std::array<lws_protocols, 3> protocols_ = {};
  std::vector<std::string> header_names_;
  std::vector<lws_protocol_vhost_options> headers_;
  lws_context* context_ = nullptr;
  lws_vhost* vhost_ = nullptr;
  WakeDescriptor wake_descriptor_;
  int descriptor_limit_ = 0;
  std::size_t connection_limit_ = 0;
};

}  // namespace securechat::net
