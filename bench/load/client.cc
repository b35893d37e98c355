#include "load/client.h"

#include <sys/epoll.h>

#include <utility>

#include "load/clock.h"

namespace securechat::bench {

Client::Client(ClientSetting& setting, std::size_t index, std::string_view token)
    : setting_(setting),
      index_(index),
      token_(token),
      stream_(std::make_unique<Stream>(setting.endpoint, setting.opened++)) {
  watched_ = EPOLLIN | EPOLLOUT;
  setting_.loop.add(stream_->descriptor(), watched_, *this);
}

void Client::on_ready(std::uint32_t events) {
  if (ended()) return;
  if (state_ == State::kConnecting) {
    switch (stream_->connect()) {
      case Stream::Progress::kBroken:
        end("the connection could not be made");
        return;
      case Stream::Progress::kDone:
        on_connected();
        break;
      case Stream::Progress::kWaits:
        break;
    }
    if (!ended()) watch();
    return;
  }
  if ((events & EPOLLOUT) != 0 && !stream_->flush()) {
    end("the connection broke");
    return;
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read();
  if (!ended()) watch();
}

void Client::on_connected() {
  state_ = State::kUpgrading;
  const std::string host = setting_.endpoint.host + ":" + std::to_string(setting_.endpoint.port);
  write(upgrade_request({host, websocket_path(setting_.dialect), subprotocol(setting_.dialect),
                         setting_.endpoint.origin}));
}

// ---------------------------------------------------------------- receiving

// A full buffer is read again: epoll does not know of what OpenSSL still holds.
void Client::read() {
  std::size_t filled = setting_.buffer.size();
  while (!ended() && filled == setting_.buffer.size()) {
    const std::ptrdiff_t n = stream_->read(setting_.buffer);
    if (n < 0) {
      end("the server closed the connection");
      return;
    }
    filled = static_cast<std::size_t>(n);
    if (filled > 0) receive({setting_.buffer.data(), filled}, now_ns());
  }
}

void Client::receive(std::string_view fresh, std::int64_t received_ns) {
  if (tail_.empty()) {
    const std::size_t taken = take(fresh, received_ns);
    if (!ended()) tail_.assign(fresh.substr(taken));
    return;
  }
  std::string data = std::exchange(tail_, {});
  data.append(fresh);
  const std::size_t taken = take(data, received_ns);
  if (!ended()) tail_ = data.substr(taken);
}

std::size_t Client::take(std::string_view data, std::int64_t received_ns) {
  std::size_t taken = 0;
  if (state_ == State::kUpgrading) taken = take_answer(data);
  while (!ended() && state_ != State::kUpgrading && taken < data.size()) {
    ServerFrame frame = {};
    switch (read_frame(data.substr(taken), frame)) {
      case FrameFault::kIncomplete:
        return taken;
      case FrameFault::kBroken:
        end("the server sent a broken frame");
        return taken;
      case FrameFault::kNone:
        break;
    }
    taken += frame.bytes;
    on_frame(frame, received_ns);
  }
  return taken;
}

std::size_t Client::take_answer(std::string_view data) {
  const std::optional<HttpAnswer> answer = read_answer(data);
  if (!answer) return 0;
  if (answer->status != 101) {
    end("the upgrade was answered with HTTP " + std::to_string(answer->status));
    return 0;
  }
  on_upgraded();
  return answer->bytes;
}

void Client::on_frame(const ServerFrame& frame, std::int64_t received_ns) {
  switch (frame.type) {
    case FrameType::kText:
      on_text(frame.payload, received_ns);
      return;
    case FrameType::kPing:
      send_frame(FrameType::kPong, frame.payload);
      return;
    case FrameType::kClose:
      end("the server closed the WebSocket: " + std::string(frame.payload));
      return;
    default:
      return;
  }
}

void Client::on_text(std::string_view payload, std::int64_t received_ns) {
  const Incoming heard = understand(setting_.dialect, payload);
  switch (heard.heard) {
    case Heard::kMessage:
      setting_.events.on_message(*this, payload, received_ns);
      return;
    case Heard::kAck:
      setting_.events.on_ack(*this, heard.ref, heard.ok, received_ns);
      return;
    case Heard::kPing:
      send_frame(FrameType::kText, "3");
      return;
    case Heard::kOpen:
      if (state_ == State::kOpening) join();
      return;
    case Heard::kJoined:
      if (std::exchange(state_, State::kJoined) != State::kJoined) setting_.events.on_joined(*this);
      return;
    case Heard::kRefused:
      end("the server said: " + std::string(payload));
      return;
    case Heard::kOther:
      return;
  }
}

// ---------------------------------------------------------------- sending

void Client::on_upgraded() {
  if (waits_for_open(setting_.dialect)) {
    state_ = State::kOpening;
  } else {
    join();
  }
}

void Client::join() {
  const std::string message = join_message(setting_.dialect, token_);
  if (message.empty()) {
    state_ = State::kJoined;
    setting_.events.on_joined(*this);
    return;
  }
  state_ = State::kJoining;
  send_frame(FrameType::kText, message);
}

void Client::send(const OutgoingEvent& event) {
  std::string payload;
  append_event(payload, setting_.dialect, event);
  send_frame(FrameType::kText, payload);
  if (!ended()) watch();
}

void Client::send_frame(FrameType type, std::string_view payload) {
  std::string frame;
  setting_.last_mask = setting_.last_mask * 1664525U + 1013904223U;
  append_frame(frame, type, payload, setting_.last_mask);
  write(frame);
}

void Client::write(std::string_view bytes) {
  if (!ended() && !stream_->write(bytes)) end("the connection broke");
}

void Client::watch() {
  std::uint32_t events = EPOLLIN;
  if (stream_->wants_write()) events |= EPOLLOUT;
  if (events == watched_) return;
  watched_ = events;
  setting_.loop.change(stream_->descriptor(), events, *this);
}

void Client::close() {
  state_ = State::kEnded;
  stream_.reset();
}

void Client::end(std::string_view why) {
  if (ended()) return;
  const std::string reason(why);
  close();
  setting_.events.on_ended(*this, reason);
}

}  // namespace securechat::bench
