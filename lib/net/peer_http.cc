#include <libwebsockets.h>
#include <sys/epoll.h>

#include <utility>

#include "net/lws_loop.h"
#include "net/peer.h"
#include "net/wire.h"

// A peer that speaks HTTP: from the head of a request to the end of its answer.
namespace securechat::net {

namespace {

constexpr std::int64_t kLingerMs = 1'000;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool may_have_body(const std::string& method) {
  return method != "GET" && method != "HEAD";
}

}  // namespace

HeadReading Peer::read() {
  HeadReading reading = read_head(wsi_);
  reading.head.peer = address_;
  if (auto* ssl = static_cast<ssl_st*>(lws_get_ssl(wsi_))) {
    reading.head.tls = true;
    reading.head.certificate = peer_certificate(ssl);
  }
  // A kept connection starts its time anew: what it was used for before is over.
  reading.head.accepted_at_ms = seen_request_ ? loop_.now_ms() : accepted_at_ms_;
  seen_request_ = true;
  return reading;
}

HttpPipeline& Peer::pipeline() {
  if (!pipeline_) pipeline_ = std::make_unique<HttpPipeline>();
  return *pipeline_;
}

// ---------------------------------------------------------------- requests

int Peer::on_request_head() {
  if (dying_ || last_request_ || outdated_) return -1;
  HeadReading reading = read();
  const GuardVerdict verdict = check_request(reading.head, reading.facts);
  if (was_pipelined() && reading.head.header("content-length").value_or("0") != "0") {
    // libwebsockets 4.1 takes the head for the body then, and loops for ever over what is left.
    return refuse_now(loop_.fault(reading.head, verdict.status != 0 ? verdict.status : 400));
  }
  if (verdict.status != 0) return refuse(reading.head, verdict.status);
  const bool close = wants_close(reading.head, reading.facts);
  const std::size_t length = content_length(reading.head).value_or(0);
  if (length > 0) return begin_body(std::move(reading), length, close);
  // Without a length libwebsockets waits for 100 MiB to come, so nothing can follow.
  const bool unbounded =
      may_have_body(reading.head.method) && !reading.head.header("content-length");
  const ExchangeId id = open_exchange(reading.head);
  return dispatch(id, std::move(reading.head), {}, close || unbounded);
}

int Peer::begin_body(HeadReading reading, std::size_t length, bool close) {
  const bool expects = reading.head.header("expect").has_value() && !pipeline_;
  const ExchangeId id = open_exchange(reading.head);
  std::optional<HttpResponse> refusal = loop_.handler().on_body(id, reading.head, length);
  if (refusal) return refuse_exchange(id, std::move(*refusal));
  body_ =
      std::make_unique<PendingBody>(PendingBody{id, std::move(reading.head), {}, length, close});
  if (expects && write_bytes(wsi_, kContinue).bytes != kContinue.size()) return -1;
  set_deadline(loop_.limits().body_timeout_ms);
  return 0;
}

int Peer::on_body(std::string_view bytes) {
  if (dying_) return -1;
  if (!body_) return 0;  // Of a request that was refused, or is answered already.
  const std::size_t missing = body_->expected - body_->bytes.size();
  body_->bytes.append(bytes.substr(0, missing));
  if (bytes.size() <= missing) return 0;
  // libwebsockets 4.3 takes a request that follows for more of the body, and does not come to the
  // body's end. Nothing gives it back, so that this request is the last.
  body_->close = true;
  return on_body_end();
}

int Peer::on_body_end() {
  if (dying_) return -1;
  const auto body = std::exchange(body_, nullptr);
  if (!body) return 0;
  if (body->bytes.size() != body->expected) return -1;
  return dispatch(body->id, std::move(body->head), std::move(body->bytes), body->close);
}

ExchangeId Peer::open_exchange(const RequestHead& head) {
  const ExchangeId id = loop_.new_exchange(*this);
  pipeline().open(id, head.method == "HEAD");
  return id;
}

int Peer::dispatch(ExchangeId id, RequestHead head, std::string body, bool close) {
  // A peer that asks faster than it reads gets what it asked for so far, then the end.
  const bool last = close || write_blocked_ || pipeline().waiting() >= HttpPipeline::kMaxWaiting;
  loop_.handler().on_request(id, std::move(head), std::move(body));
  next_request(last);
  update_deadline();
  return 0;
}

// Lets libwebsockets go on to the next request while this one is being answered.
void Peer::next_request(bool close) {
  if (close || lws_http_transaction_completed(wsi_) != 0) {
    stay_for_last_answer();
  } else {
    lws_set_timeout(wsi_, NO_PENDING_TIMEOUT, 0);
    kept_alive_ = true;
    taken_before_ = taken_bytes(lws_get_socket_fd(wsi_));
  }
}

// Whether this head had been read already, behind the request before it. libwebsockets reads
// nothing while it has something buffered, so nothing was taken from the connection since then.
bool Peer::was_pipelined() const {
  return kept_alive_ && taken_bytes(lws_get_socket_fd(wsi_)) <= taken_before_;
}

// What libwebsockets has of further requests stays where it is: version 4.3 would end the
// connection over it, before the answers are out. What comes from now on is drained in on_ready().
void Peer::stay_for_last_answer() {
  last_request_ = true;
  lws_rx_flow_control(wsi_, 0);
  if (pipeline_) pipeline_->close_after_last();
  update_watch();
}

int Peer::refuse(const RequestHead& head, int status) {
  return refuse_exchange(open_exchange(head), loop_.fault(head, status));
}

int Peer::refuse_exchange(ExchangeId id, HttpResponse response) {
  stay_for_last_answer();
  loop_.answer(id, std::move(response));
  update_deadline();
  return 0;
}

// CONNECT: the head is gone already, libwebsockets has made a raw connection of it.
int Peer::on_raw() {
  RequestHead head;
  head.method = "CONNECT";
  head.peer = address_;
  return refuse_now(loop_.fault(head, 405));
}

// There is no waiting here: the answer is written now, and the callback closes.
int Peer::refuse_now(HttpResponse response) {
  if (pipeline_ && !pipeline_->idle()) return -1;
  std::string bytes;
  append_response(bytes, response, loop_.options().common_headers, false, true);
  write_bytes(wsi_, bytes);
  drain(lws_get_socket_fd(wsi_));
  last_request_ = true;
  set_deadline(kLingerMs);
  return -1;
}

// ---------------------------------------------------------------- answers

void Peer::answer(ExchangeId id, HttpResponse response) {
  if (pipeline_ && pipeline_->answer(id, std::move(response))) mark_dirty();
}

void Peer::flush_http() {
  if (!pipeline_ || lingering_) return;
  pipeline_->advance(loop_.options().common_headers);
  for (const ExchangeId id : pipeline_->take_finished()) loop_.forget_exchange(id);
  const std::string_view output = pipeline_->output();
  if (!output.empty()) {
    const WriteResult result = write_bytes(wsi_, output);
    if (result.broken) {
      kill();
      return;
    }
    write_blocked_ = result.bytes < output.size();
    pipeline_->consume(result.bytes);
  }
  if (!write_blocked_ && pipeline_->ended()) {
    linger();
    return;
  }
  if (pipeline_->idle()) pipeline_.reset();
  update_watch();
  update_deadline();
}

// The answer is out. Closing now could reset the connection while the peer still sends; it has a
// second to read the answer and to close.
void Peer::linger() {
  lingering_ = true;
  last_request_ = true;
  end_writing(wsi_);
  update_watch();
  set_deadline(kLingerMs);
}

void Peer::on_ready(std::uint32_t events) {
  if (dying_) return;
  if ((events & EPOLLOUT) != 0) mark_dirty();
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0 && last_request_ &&
      drain(lws_get_socket_fd(wsi_)) == DrainResult::kEnded) {
    kill();
  } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    kill();
  }
}

void Peer::update_watch() {
  std::uint32_t events = 0;
  if (write_blocked_) events |= EPOLLOUT;
  if (last_request_) events |= EPOLLIN | EPOLLRDHUP;
  if (!loop_.watcher().watch(lws_get_socket_fd(wsi_), *this, events, watched_)) kill();
}

void Peer::update_deadline() {
  const LoopLimits& limits = loop_.limits();
  if (write_blocked_) {
    acknowledged_ = acknowledged_bytes(lws_get_socket_fd(wsi_));
    set_deadline(limits.write_deadline_ms);
  } else if (body_) {
    return;  // Its deadline was set with its head and does not move.
  } else if (pipeline_ && pipeline_->waiting() > 0) {
    set_deadline(-1);  // The answer takes the time it takes.
  } else {
    set_deadline(limits.idle_timeout_ms);
  }
}

bool Peer::idle() const {
  return !socket_ && !body_ && !pipeline_ && seen_request_ && !lingering_ && !dying_;
}

}  // namespace securechat::net
