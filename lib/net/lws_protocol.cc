#include "net/lws_protocol.h"

#include <cxxabi.h>

#include "net/lws_loop.h"
#include "net/peer.h"

namespace securechat::net {

namespace {

LwsLoop& loop_of(lws* wsi) {
  return *static_cast<LwsLoop*>(lws_context_user(lws_get_context(wsi)));
}

Peer* peer_of(lws* wsi) {
  return static_cast<Peer*>(lws_get_opaque_user_data(wsi));
}

std::string_view bytes(const void* in, std::size_t length) {
  return {static_cast<const char*>(in), in == nullptr ? 0 : length};
}

// Events of a wsi that is no peer's (the raw file of the watcher, a half-made one) do nothing.
template <typename Action>
int with_peer(lws* wsi, Action action) {
  Peer* peer = peer_of(wsi);
  return peer == nullptr ? 0 : action(*peer);
}

int on_answer_head(lws* wsi, lws_process_html_args& answer) {
  const int result = with_peer(wsi, [&](Peer& peer) { return peer.on_answer_head(answer); });
  return result != 0 ? result : loop_of(wsi).add_common_headers(wsi, answer);
}

int dispatch(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length) {
  switch (reason) {
    case LWS_CALLBACK_WSI_CREATE:
      return loop_of(wsi).on_wsi_created(wsi);
    case LWS_CALLBACK_WSI_DESTROY:
      return with_peer(wsi, [&](Peer& peer) { return loop_of(wsi).on_wsi_destroyed(peer); });
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
      return with_peer(wsi, [](Peer& peer) { return peer.on_upgrade_head(); });
    case LWS_CALLBACK_HTTP:
      return with_peer(wsi, [](Peer& peer) { return peer.on_request_head(); });
    case LWS_CALLBACK_HTTP_BODY:
      return with_peer(wsi, [&](Peer& peer) { return peer.on_body(bytes(in, length)); });
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
      return with_peer(wsi, [](Peer& peer) { return peer.on_body_end(); });
    case LWS_CALLBACK_CONFIRM_EXTENSION_OKAY:
      return with_peer(wsi, [](Peer& peer) { return peer.on_extension_offered(); });
    case LWS_CALLBACK_ADD_HEADERS:
      return on_answer_head(wsi, *static_cast<lws_process_html_args*>(in));
    case LWS_CALLBACK_ESTABLISHED:
      return with_peer(wsi, [](Peer& peer) { return peer.on_established(); });
    case LWS_CALLBACK_RECEIVE:
      return with_peer(wsi, [&](Peer& peer) { return peer.on_received(bytes(in, length)); });
    case LWS_CALLBACK_RECEIVE_PONG:
      return with_peer(wsi, [](Peer& peer) { return peer.on_pong(); });
    case LWS_CALLBACK_SERVER_WRITEABLE:
      return with_peer(wsi, [](Peer& peer) { return peer.on_writable(); });
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
      return with_peer(wsi, [&](Peer& peer) { return peer.on_close_frame(bytes(in, length)); });
    case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
      return with_peer(wsi, [](Peer& peer) { return peer.on_socket_closing(); });
    case LWS_CALLBACK_CLOSED:
      return with_peer(wsi, [](Peer& peer) { return peer.on_socket_closed(); });
    case LWS_CALLBACK_RAW_ADOPT:  // What libwebsockets makes of CONNECT.
      return with_peer(wsi, [](Peer& peer) { return peer.on_raw(); });
    case LWS_CALLBACK_RAW_RX:
      return -1;
    case LWS_CALLBACK_RAW_RX_FILE:
      return loop_of(wsi).on_watcher_ready();
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
      return loop_of(wsi).on_tls_context(static_cast<SSL_CTX*>(user));
    default:
      return 0;
  }
}

}  // namespace

int on_lws_event(lws* wsi, lws_callback_reasons reason, void* user, void* in, std::size_t length) {
  try {
    return dispatch(wsi, reason, user, in, length);
  } catch (abi::__forced_unwind&) {
    throw;         // It may not be held up; whoever runs the loop abandons it.
  } catch (...) {  // Only memory can be short here. Nothing is thrown through C; the peer ends.
    return -1;
  }
}

}  // namespace securechat::net
