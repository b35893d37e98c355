#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/timer_queue.h"
#include "net/http_pipeline.h"
#include "net/lws_request.h"
#include "net/lws_socket.h"
#include "net/watcher.h"

struct lws;
struct lws_process_html_args;

namespace securechat::net {

class LwsLoop;
class PermessageDeflate;

// One TCP connection: first HTTP, then perhaps a WebSocket. Made at accept, destroyed when
// libwebsockets destroys its wsi.
//
// libwebsockets parses; it is told that a transaction is complete as soon as its request is, so
// that it goes on to read (and to notice that the peer left) while the answer is being made. The
// answers are put in order and written by us. Only after the last request of a connection the wsi
// stays in its transaction, and what still comes in is drained through the watcher.
class Peer final : public Watched {
 public:
  Peer(LwsLoop& loop, const IpAddress& address);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void bind(lws* wsi) { wsi_ = wsi; }

  // Events of libwebsockets. They answer what the callback answers: 0 goes on, -1 closes now.
  int on_upgrade_head();
  int on_extension_offered() const;
  int on_answer_head(lws_process_html_args& answer);
  int on_request_head();
  int on_body(std::string_view bytes);
  int on_body_end();
  int on_raw();
  int on_established();
  int on_received(std::string_view chunk);
  int on_pong();
  int on_writable();
  int on_close_frame(std::string_view payload);
  int on_socket_closing();
  int on_socket_closed();
  // The wsi is gone: tells whoever still waits.
  void finish();

  void answer(ExchangeId id, HttpResponse response);
  // Writes what waits, at the end of a turn.
  void flush();
  // Lets libwebsockets read the WebSocket again.
  void read_on();
  void on_ready(std::uint32_t events) override;
  // Ends the connection without a further word, soon: never inside the caller.
  void kill();
  [[nodiscard]] bool idle() const;
  // A kept connection shows no certificate again. Who verified it counts no more: it ends, at the
  // latest with its next request, and the peer that comes back on another is verified anew.
  void take_no_more_requests() {
    outdated_ = true;
    if (idle()) kill();
  }

  // Milliseconds from now; -1 takes the deadline away.
  void set_deadline(std::int64_t ms);
  // Whether the deadline that is set comes no later than `at_ms`.
  [[nodiscard]] bool looks_before(std::int64_t at_ms) const {
    return timer_ && timer_->active() && timer_->at_ms() <= at_ms;
  }
  void mark_dirty();
  [[nodiscard]] bool dirty() const { return dirty_; }
  void clear_dirty() { dirty_ = false; }

  [[nodiscard]] LwsLoop& loop() { return loop_; }
  [[nodiscard]] lws* wsi() const { return wsi_; }
  [[nodiscard]] bool tls() const;
  [[nodiscard]] const IpAddress& address() const { return address_; }
  [[nodiscard]] bool dying() const { return dying_; }
  [[nodiscard]] LwsSocket* socket() { return socket_.get(); }

 private:
  struct PendingBody {
    ExchangeId id;
    RequestHead head;
    std::string bytes;
    std::size_t expected;
    bool close;
  };

  HeadReading read();
  int refuse(const RequestHead& head, int status);
  int refuse_exchange(ExchangeId id, HttpResponse response);
  ExchangeId open_exchange(const RequestHead& head);
  int refuse_now(HttpResponse response);
  int settle_extensions(const RequestHead& head, std::unique_ptr<PermessageDeflate>& deflate);
  [[nodiscard]] bool was_pipelined() const;
  int begin_body(HeadReading reading, std::size_t length, bool close);
  int dispatch(ExchangeId id, RequestHead head, std::string body, bool close);
  void next_request(bool close);
  void stay_for_last_answer();
  HttpPipeline& pipeline();
  void flush_http();
  void linger();
  void update_watch();
  void update_deadline();
  void on_deadline();

  LwsLoop& loop_;
  lws* wsi_ = nullptr;
  IpAddress address_;
  // In the bytes that the address leaves of its last word: there is one of these for everybody.
  bool held_back_ : 1 = false;  // The 101 waits for what is said first.
  bool seen_request_ : 1 = false;
  bool kept_alive_ : 1 = false;    // At least one request was read to its end.
  bool last_request_ : 1 = false;  // No further request is read.
  bool write_blocked_ : 1 = false;
  bool lingering_ : 1 = false;
  bool dying_ : 1 = false;
  bool dirty_ : 1 = false;
  bool outdated_ : 1 = false;  // Its certificate was verified by what does not count any more.
  std::uint32_t watched_ = 0;
  const std::int64_t accepted_at_ms_;
  std::unique_ptr<Timer> timer_;            // Only while there is a deadline.
  std::unique_ptr<HttpPipeline> pipeline_;  // Only while something waits in it.
  std::unique_ptr<PendingBody> body_;
  std::unique_ptr<LwsSocket> socket_;
  std::uint64_t acknowledged_ = 0;
  std::int64_t taken_before_ = 0;  // When the last request had been read.
};

}  // namespace securechat::net
