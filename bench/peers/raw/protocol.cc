#include "raw/protocol.h"

#include <cJSON.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>

namespace securechat::bench::raw {
namespace {

std::string accept_key(std::string_view key) {
  const std::string joined = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest = {};
  ::SHA1(reinterpret_cast<const unsigned char*>(joined.data()), joined.size(), digest.data());
  std::array<unsigned char, 32> text = {};
  const int size = ::EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)};
}

std::string timestamp() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts = {};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text = {};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + size, text.size() - size, ".%03dZ", static_cast<int>(ms % 1000));
  return text.data();
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape = {};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out.append(escape.data());
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

}  // namespace

std::optional<std::string> answer_upgrade(std::string& in) {
  const std::size_t end = in.find("\r\n\r\n");
  if (end == std::string::npos) return std::nullopt;
  constexpr std::string_view kName = "Sec-WebSocket-Key: ";
  const std::size_t at = in.find(kName);
  if (at == std::string::npos || at > end) return std::string();
  const std::size_t begin = at + kName.size();
  const std::string key = in.substr(begin, in.find("\r\n", begin) - begin);
  in.erase(0, end + 4);
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         accept_key(key) + "\r\n\r\n";
}

std::optional<ClientFrame> read_frame(char* data, std::size_t size) {
  if (size < 6) return std::nullopt;
  std::size_t header = 2;
  std::size_t length = static_cast<unsigned char>(data[1]) & 0x7FU;
  if (length >= 126) {
    const std::size_t bytes = length == 126 ? 2 : 8;
    if (size < header + bytes) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      length = length << 8U | static_cast<unsigned char>(data[header + i]);
    }
    header += bytes;
  }
  if (size < header + 4 || size - header - 4 < length) return std::nullopt;
  const char* const key = data + header;
  char* const payload = data + header + 4;
  for (std::size_t i = 0; i < length; ++i) {
    payload[i] = static_cast<char>(payload[i] ^ key[i % 4]);
  }
  return ClientFrame{
      static_cast<unsigned char>(data[0]) & 0x0FU, {payload, length}, header + 4 + length};
}

void append_text_frame(std::string& out, std::string_view payload) {
  out.push_back(static_cast<char>(0x81));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(payload.size()));
  } else {
    out.push_back(126);
    out.push_back(static_cast<char>(payload.size() >> 8U));
    out.push_back(static_cast<char>(payload.size() & 0xFFU));
  }
  out.append(payload);
}

std::optional<Request> read_request(std::string_view payload) {
  const std::unique_ptr<cJSON, void (*)(cJSON*)> json(
      ::cJSON_ParseWithLength(payload.data(), payload.size()), ::cJSON_Delete);
  if (!json) return std::nullopt;
  const cJSON* const type = ::cJSON_GetObjectItemCaseSensitive(json.get(), "type");
  const cJSON* const data = ::cJSON_GetObjectItemCaseSensitive(json.get(), "data");
  const cJSON* const message = ::cJSON_GetObjectItemCaseSensitive(data, "message");
  const cJSON* const ref = ::cJSON_GetObjectItemCaseSensitive(json.get(), "ref");
  const cJSON* const room = ::cJSON_GetObjectItemCaseSensitive(data, "room");
  if (!::cJSON_IsString(type)) return std::nullopt;
  Request request;
  request.echo = std::string_view(type->valuestring) == "echo";
  request.join = std::string_view(type->valuestring) == "join-room";
  if (::cJSON_IsNumber(ref)) request.ref = ref->valueint;
  if (::cJSON_IsString(room)) request.room = room->valuestring;
  if (request.join) return request;
  if (!::cJSON_IsString(message)) return std::nullopt;
  std::string text = R"({"type":"receive-message","data":{"username":"somebody","message":)";
  append_json_string(text, message->valuestring);
  text.append(R"(,"timestamp":")").append(timestamp());
  // As many bytes as securechatd says of a message.
  text.append(R"(","id":"0123456789abcdef0123456789abcdef","room":"lobby","seq":1234567,)");
  text.append(R"("userId":"0123456789abcdef0123456789abcdef"}})");
  append_text_frame(request.frame, text);
  return request;
}

std::string ack_frame(int ref) {
  std::string frame;
  append_text_frame(frame,
                    R"({"type":"ack","ref":)" + std::to_string(ref) + R"(,"data":{"ok":true}})");
  return frame;
}

}  // namespace securechat::bench::raw
