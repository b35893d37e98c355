#include "load/dialect.h"

#include <charconv>

namespace securechat::bench {
namespace {

// "7,..." or "7[...": the number at the front.
std::uint32_t leading_number(std::string_view text) {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Incoming understand_socket_io(std::string_view payload) {
  constexpr std::string_view kMessage = R"(42["receive-message",)";
  if (payload.starts_with(kMessage)) return {Heard::kMessage};
  if (payload.starts_with("43")) {
    const bool ok = payload.find(R"([{"ok":true)") != std::string_view::npos;
    return {Heard::kAck, leading_number(payload.substr(2)), ok};
  }
  if (payload == "2") return {Heard::kPing};
  if (payload.starts_with("40")) return {Heard::kJoined};
  if (payload.starts_with("0")) return {Heard::kOpen};
  if (payload.starts_with("44") || payload.starts_with(R"(42["error")")) return {Heard::kRefused};
  return {Heard::kOther};
}

Incoming understand_plain(std::string_view payload) {
  constexpr std::string_view kMessage = R"({"type":"receive-message")";
  constexpr std::string_view kAck = R"({"type":"ack","ref":)";
  if (payload.starts_with(kMessage)) return {Heard::kMessage};
  if (payload.starts_with(kAck)) {
    const bool ok = payload.find(R"("ok":true)") != std::string_view::npos;
    return {Heard::kAck, leading_number(payload.substr(kAck.size())), ok};
  }
  if (payload.starts_with(R"({"type":"welcome")")) return {Heard::kJoined};
  if (payload.starts_with(R"({"type":"error")")) return {Heard::kRefused};
  return {Heard::kOther};
}

}  // namespace

std::optional<Dialect> dialect_named(std::string_view name) {
  if (name == "plain") return Dialect::kPlain;
  if (name == "socketio") return Dialect::kSocketIo;
  if (name == "bare") return Dialect::kBare;
  return std::nullopt;
}

std::string_view websocket_path(Dialect dialect) {
  return dialect == Dialect::kSocketIo ? "/socket.io/?EIO=4&transport=websocket" : "/ws";
}

std::string_view subprotocol(Dialect dialect) {
  return dialect == Dialect::kPlain ? "securechat.v1" : std::string_view();
}

std::string join_message(Dialect dialect, std::string_view token) {
  switch (dialect) {
    case Dialect::kPlain:
      return std::string(R"({"type":"auth","token":")").append(token).append(R"("})");
    case Dialect::kSocketIo:
      return std::string(R"(40{"token":")").append(token).append(R"("})");
    case Dialect::kBare:
      break;
  }
  return {};
}

bool waits_for_open(Dialect dialect) {
  return dialect == Dialect::kSocketIo;
}

void append_event(std::string& out, Dialect dialect, const OutgoingEvent& event) {
  if (dialect == Dialect::kSocketIo) {
    out.append("42");
    if (event.ref != 0) out.append(std::to_string(event.ref));
    out.append("[\"").append(event.name).append("\",").append(event.args).append("]");
    return;
  }
  out.append(R"({"type":")").append(event.name).append("\",");
  if (event.ref != 0) out.append(R"("ref":)").append(std::to_string(event.ref)).append(",");
  out.append(R"("data":)").append(event.args).append("}");
}

Incoming understand(Dialect dialect, std::string_view payload) {
  return dialect == Dialect::kSocketIo ? understand_socket_io(payload) : understand_plain(payload);
}

}  // namespace securechat::bench
