#include <libwebsockets.h>

#include <memory>
#include <utility>

#include "net/deflate_offer.h"
#include "net/lws_extension.h"
#include "net/lws_loop.h"
#include "net/peer.h"
#include "net/permessage_deflate.h"
#include "net/wire.h"

// A peer that asks for a WebSocket: the judgement of its handshake.
namespace securechat::net {

int Peer::on_upgrade_head() {
  if (dying_ || last_request_ || outdated_) return -1;
  // After an upgrade to a protocol that it does not know, libwebsockets 4.1 calls this although it
  // has answered already and the head is gone.
  if (lws_hdr_total_length(wsi_, WSI_TOKEN_UPGRADE) == 0) return -1;
  HeadReading reading = read();
  std::unique_ptr<PermessageDeflate> deflate;
  int status = check_upgrade(reading.head, reading.facts).status;
  if (status == 0) status = check_subprotocol(reading.head, loop_.options().subprotocol);
  if (status == 0) status = settle_extensions(reading.head, deflate);
  if (status != 0) return refuse_now(loop_.fault(reading.head, status));
  if (pipeline_ && !pipeline_->idle()) return -1;  // Answers before it would follow the 101.
  UpgradeDecision decision = loop_.handler().on_upgrade(reading.head);
  if (auto* response = std::get_if<HttpResponse>(&decision)) {
    return refuse_now(std::move(*response));
  }
  socket_ = std::make_unique<LwsSocket>(*this, std::move(std::get<UpgradeAccepted>(decision)),
                                        std::move(deflate));
  // libwebsockets writes the 101 next; the first packet, of the same turn, goes with it.
  held_back_ = true;
  hold_back(lws_get_socket_fd(wsi_), true);
  return 0;
}

// What libwebsockets would trip over is kept from it; answers the status of a refusal, or 0.
int Peer::settle_extensions(const RequestHead& head, std::unique_ptr<PermessageDeflate>& deflate) {
  const std::string_view offers = head.header("sec-websocket-extensions").value_or("");
  if (loop_.options().deflate) {
    const DeflateAnswer answer = answer_deflate_offers(offers);
    if (answer.malformed) return 400;
    if (answer.accepted && narrow_offers(wsi_, kDeflateName)) {
      deflate = std::make_unique<PermessageDeflate>(*answer.accepted);
      return 0;
    }
  }
  return offers.size() <= kLwsOfferBytes || narrow_offers(wsi_, {}) ? 0 : 400;
}

int Peer::on_extension_offered() const {
  return socket_ && socket_->deflate() != nullptr ? 0 : 1;
}

int Peer::on_answer_head(lws_process_html_args& answer) {
  if (!socket_ || socket_->opened() || socket_->deflate() == nullptr) return 0;
  return add_parameters(answer, socket_->deflate()->parameters().to_string()) ? 0 : -1;
}

}  // namespace securechat::net
