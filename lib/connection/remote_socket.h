#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "base/timer_queue.h"
#include "net/frame.h"
#include "net/transport.h"

// A client that changes from polling to WebSocket may reach another shard with its second
// connection than with its first. Its session stays where it is; the socket is driven from there:
// what it receives is posted to the session's shard, what is sent to it is posted back, once per
// turn for all sockets between two shards, and one frame for many of them travels once.
namespace securechat::connection {

// Names a socket on its own shard; never reused there.
using RemoteSocketId = std::uint64_t;

// What one turn of a session's shard sends to sockets of another shard.
struct RemoteBatch {
  struct Payload {
    net::Opcode opcode;
    std::string bytes;
  };
  struct Entry {
    RemoteSocketId socket;
    std::uint32_t payload;  // Index into payloads.
  };
  std::vector<Payload> payloads;
  std::vector<Entry> entries;
};

// On the socket's shard: the sockets whose sessions live elsewhere.
class RemoteSockets {
 public:
  RemoteSocketId add() { return ++last_id_; }
  void open(RemoteSocketId id, net::Socket& socket) { sockets_.emplace(id, &socket); }
  void remove(RemoteSocketId id) { sockets_.erase(id); }

  void deliver(const RemoteBatch& batch);
  void close(RemoteSocketId id, std::uint16_t code, const std::string& reason);
  void set_payload_limit(RemoteSocketId id, std::size_t bytes);

 private:
  RemoteSocketId last_id_ = 0;
  std::unordered_map<RemoteSocketId, net::Socket*> sockets_;
};

// On the session's shard: the way to the sockets of one other shard.
class RemoteOutlet {
 public:
  // `post` runs a task on the other shard's thread with its sockets; both shards outlive the outlet
  // or refuse the task.
  using Post = UniqueFunction<void(UniqueFunction<void(RemoteSockets&)>)>;
  RemoteOutlet(Post post, TimerQueue& timers, const Clock& clock);

  void send(RemoteSocketId id, net::FrameRef frame);
  // Behind what was sent before.
  void run(UniqueFunction<void(RemoteSockets&)> task);

 private:
  void flush();

  Post post_;
  TimerQueue& timers_;
  const Clock& clock_;
  std::unique_ptr<RemoteBatch> batch_;
  net::FrameRef newest_;  // The frame of the newest payload: its next recipient shares it.
  Timer flush_;
};

// On the session's shard: stands for a socket of another shard.
class RemoteSocket final : public net::Socket {
 public:
  RemoteSocket(RemoteSocketId id, RemoteOutlet& outlet) : id_(id), outlet_(outlet) {}

  void send(net::FrameRef frame) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void set_payload_limit(std::size_t bytes) override;
  // What waits is known on the other shard only, which lets a slow peer go by itself.
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
  [[nodiscard]] bool closing() const override { return closing_; }

  void ended() { closing_ = true; }

 private:
  const RemoteSocketId id_;
  RemoteOutlet& outlet_;
  bool closing_ = false;
};

}  // namespace securechat::connection
