#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace securechat::protocol {

enum class PacketType { kConnect, kDisconnect, kEvent, kAck, kConnectError };

// One message of a peer, the same for Socket.IO and the plain protocol. Texts are owned copies.
struct Packet {
  PacketType type = PacketType::kEvent;
  std::string nsp = "/";
  // JSON text. kConnect: the auth object (may be empty). kEvent: the array of arguments without
  // the event's name. kAck: the array of arguments. kConnectError: {"message",...,"data"}.
  std::string data;
  std::string event;  // kEvent only.
  // The acknowledgement's id as JSON text, to be echoed exactly (up to 2^53 - 1, or a string on
  // the plain protocol); empty when none is asked for.
  std::string ack;
  std::vector<std::string> attachments;
};

// An event or answer to be sent. Borrowed: lives for the call.
struct OutgoingEvent {
  std::string_view nsp = "/";
  std::string_view event;
  std::string_view args;  // A JSON array of the arguments.
};

}  // namespace securechat::protocol
