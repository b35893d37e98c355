#pragma once

#include <cstddef>
#include <span>
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
  // Binary attachments, in the order of the placeholders {"_placeholder":true,"num":i} in `data`.
  std::vector<std::string> attachments;
  // How many attachments follow in messages of their own before the packet is whole.
  std::size_t attachments_due = 0;
};

// Binary attachments to be sent, in the order of the placeholders that stand for them.
using Attachments = std::span<const std::string_view>;

// An event to be sent. Borrowed: lives for the call.
struct OutgoingEvent {
  std::string_view nsp = "/";
  std::string_view event;
  std::string_view args;         // A JSON array of the arguments.
  std::string_view ack = {};     // The id of the acknowledgement that is asked for; empty: none.
  Attachments attachments = {};  // What the placeholders in `args` stand for.
};

}  // namespace securechat::protocol
