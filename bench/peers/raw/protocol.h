#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// The least that a WebSocket chat server must do for each message, without a library but cJSON.
namespace securechat::bench::raw {

// The answer to the upgrade request at the front of `in`, which is taken off; nothing while its
// head is incomplete, an empty answer when it is no upgrade.
[[nodiscard]] std::optional<std::string> answer_upgrade(std::string& in);

// The next masked frame, unmasked where it stands; `bytes` is its whole length.
struct ClientFrame {
  unsigned opcode = 0;
  std::string_view payload;
  std::size_t bytes = 0;
};
[[nodiscard]] std::optional<ClientFrame> read_frame(char* data, std::size_t size);

void append_text_frame(std::string& out, std::string_view payload);

// What a client asks for, parsed as JSON.
struct Request {
  bool echo = false;  // For the sender alone.
  bool join = false;  // The sender comes into the room; nobody is told.
  int ref = 0;        // 0: no acknowledgement.
  std::string room;   // Empty: everyone.
  std::string frame;  // The message as everyone gets it, wrapped with name and time.
};
[[nodiscard]] std::optional<Request> read_request(std::string_view payload);
[[nodiscard]] std::string ack_frame(int ref);

}  // namespace securechat::bench::raw
