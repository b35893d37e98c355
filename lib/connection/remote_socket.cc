#include "connection/remote_socket.h"

#include <utility>

namespace securechat::connection {

void RemoteSockets::deliver(const RemoteBatch& batch) {
  std::vector<net::FrameRef> frames(batch.payloads.size());
  for (const RemoteBatch::Entry& entry : batch.entries) {
    const auto found = sockets_.find(entry.socket);
    if (found == sockets_.end()) continue;
    net::FrameRef& frame = frames[entry.payload];
    if (!frame) {
      const RemoteBatch::Payload& payload = batch.payloads[entry.payload];
      frame = net::make_frame(payload.opcode, payload.bytes);
    }
    found->second->send(frame);
  }
}

void RemoteSockets::close(RemoteSocketId id, std::uint16_t code, const std::string& reason) {
  const auto found = sockets_.find(id);
  if (found != sockets_.end()) found->second->close(code, reason);
}

void RemoteSockets::set_payload_limit(RemoteSocketId id, std::size_t bytes) {
  const auto found = sockets_.find(id);
  if (found != sockets_.end()) found->second->set_payload_limit(bytes);
}

RemoteOutlet::RemoteOutlet(Post post, TimerQueue& timers, const Clock& clock)
    : post_(std::move(post)), timers_(timers), clock_(clock), flush_([this] { flush(); }) {}

void RemoteOutlet::send(RemoteSocketId id, net::FrameRef frame) {
  if (!batch_) {
    batch_ = std::make_unique<RemoteBatch>();
    flush_.start(timers_, clock_.monotonic_ms());
  }
  if (!newest_ || newest_.payload().data() != frame.payload().data()) {
    batch_->payloads.push_back({frame.opcode(), std::string(frame.payload())});
    newest_ = std::move(frame);
  }
  batch_->entries.push_back({id, static_cast<std::uint32_t>(batch_->payloads.size() - 1)});
}

void RemoteOutlet::run(UniqueFunction<void(RemoteSockets&)> task) {
  flush();
  post_(std::move(task));
}

void RemoteOutlet::flush() {
  flush_.cancel();
  newest_ = net::FrameRef();
  if (std::unique_ptr<RemoteBatch> batch = std::exchange(batch_, nullptr)) {
    post_([batch = std::move(batch)](RemoteSockets& sockets) { sockets.deliver(*batch); });
  }
}

void RemoteSocket::send(net::FrameRef frame) {
  if (!closing_) outlet_.send(id_, std::move(frame));
}

void RemoteSocket::close(std::uint16_t code, std::string_view reason) {
  if (std::exchange(closing_, true)) return;
  outlet_.run([id = id_, code, reason = std::string(reason)](RemoteSockets& sockets) {
    sockets.close(id, code, reason);
  });
}

void RemoteSocket::set_payload_limit(std::size_t bytes) {
  if (closing_) return;
  outlet_.run([id = id_, bytes](RemoteSockets& sockets) { sockets.set_payload_limit(id, bytes); });
}

}  // namespace securechat::connection
