#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/dialect.h"
#include "load/event_loop.h"
#include "load/frames.h"
#include "load/stream.h"

namespace securechat::bench {

class Client;

// What a run wants to hear of its clients. None of it may destroy the client it is about.
class ClientEvents {
 public:
  virtual void on_joined(Client& client) = 0;
  // A chat message; `received_ns` is when its bytes were read.
  virtual void on_message(Client& client, std::string_view payload, std::int64_t received_ns) = 0;
  virtual void on_ack(Client& client, std::uint32_t ref, bool ok, std::int64_t received_ns) = 0;
  // The connection ended, was refused or broke; not after Client::close().
  virtual void on_ended(Client& client, std::string_view why) = 0;

 protected:
  ~ClientEvents() = default;
};

// What the clients of a run share.
struct ClientSetting {
  EventLoop& loop;
  const Endpoint& endpoint;
  Dialect dialect;
  ClientEvents& events;
  std::vector<char> buffer = std::vector<char>(256 * 1024);
  std::uint32_t last_mask = 0x9e3779b9;
  std::size_t opened = 0;  // Connections so far; spreads the source addresses.
};

// One authenticated WebSocket connection.
class Client final : public Ready {
 public:
  // Begins to connect.
  Client(ClientSetting& setting, std::size_t index, std::string_view token);

  [[nodiscard]] std::size_t index() const { return index_; }
  [[nodiscard]] bool joined() const { return state_ == State::kJoined; }
  [[nodiscard]] bool ended() const { return state_ == State::kEnded; }
  // Sends an event; ignored once ended.
  void send(const OutgoingEvent& event);
  void close();
  void on_ready(std::uint32_t events) override;

 private:
  enum class State { kConnecting, kUpgrading, kOpening, kJoining, kJoined, kEnded };

  void on_connected();
  void read();
  void receive(std::string_view fresh, std::int64_t received_ns);
  // Takes what it can off the front; answers how much that was.
  std::size_t take(std::string_view data, std::int64_t received_ns);
  std::size_t take_answer(std::string_view data);
  void on_frame(const ServerFrame& frame, std::int64_t received_ns);
  void on_text(std::string_view payload, std::int64_t received_ns);
  void on_upgraded();
  void join();
  void send_frame(FrameType type, std::string_view payload);
  void write(std::string_view bytes);
  void watch();
  void end(std::string_view why);

  ClientSetting& setting_;
  const std::size_t index_;
  const std::string_view token_;
  std::unique_ptr<Stream> stream_;
  std::string tail_;  // The front of a frame whose rest has not come.
  std::uint32_t watched_ = 0;
  State state_ = State::kConnecting;
};

}  // namespace securechat::bench
