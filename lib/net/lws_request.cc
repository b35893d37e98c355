#include "net/lws_request.h"

#include <libwebsockets.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "net/lws_headers.h"

namespace securechat::net {

namespace {

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) joined += separator;
    joined += parts[i];
  }
  return joined;
}

// libwebsockets decodes the query before anyone sees it. What a decoded byte would be mistaken
// for is encoded again, so that the text parses to what the peer meant.
void append_encoded(std::string& out, std::string_view decoded) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : decoded) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F || c == '%' || c == '&' || c == '+' || c == '#' || c == ';') {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    } else {
      out += c;
    }
  }
}

void read_request_line(lws* wsi, HeadReading& reading) {
  reading.facts.request_lines = 0;
  for (const LwsMethod& method : kLwsMethods) {
    const std::vector<std::string> uri = header_fragments(wsi, method.token);
    if (uri.empty()) continue;
    ++reading.facts.request_lines;
    reading.head.method = method.name;
    reading.head.path = join(uri, "&");
  }
  const std::vector<std::string> arguments = header_fragments(wsi, WSI_TOKEN_HTTP_URI_ARGS);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) reading.head.query += '&';
    append_encoded(reading.head.query, arguments[i]);
  }
  reading.facts.version = join(header_fragments(wsi, WSI_TOKEN_HTTP), ",");
  reading.facts.uri_bytes = reading.head.path.size() + reading.head.query.size();
}

void read_known_headers(lws* wsi, HeadReading& reading) {
  for (int i = 0; i < static_cast<int>(WSI_TOKEN_COUNT); ++i) {
    const auto token = static_cast<lws_token_indexes>(i);
    const auto* text = reinterpret_cast<const char*>(lws_token_to_string(token));
    if (text == nullptr) break;
    std::string_view name = text;
    if (name.size() < 2 || name.back() != ':') continue;  // A method, or the version.
    name.remove_suffix(1);
    std::vector<std::string> values = header_fragments(wsi, token);
    if (values.empty()) continue;
    // From the second on, libwebsockets puts a blank of its own before the value.
    for (std::size_t v = 1; v < values.size(); ++v) {
      values[v].erase(0, std::min(values[v].find_first_not_of(' '), values[v].size()));
    }
    add_header(reading, std::string(name), values);
  }
}

}  // namespace

// A header is kept as one fragment per time it came. Most of what is asked for is not there, and
// most of what is there is short: one call for either. The length function cannot tell an empty
// fragment from none, so copying decides.
std::vector<std::string> header_fragments(lws* wsi, lws_token_indexes token) {
  std::vector<std::string> values;
  std::array<char, 256> place;
  for (int i = 0; i < static_cast<int>(WSI_TOKEN_COUNT); ++i) {
    int copied = lws_hdr_copy_fragment(wsi, place.data(), static_cast<int>(place.size()), token, i);
    if (copied >= 0) {
      values.emplace_back(place.data(), static_cast<std::size_t>(copied));
      continue;
    }
    const int length = lws_hdr_fragment_length(wsi, token, i);
    if (length <= 0) break;
    std::string value(static_cast<std::size_t>(length) + 1, '\0');
    copied = lws_hdr_copy_fragment(wsi, value.data(), static_cast<int>(value.size()), token, i);
    if (copied < 0) break;
    value.resize(static_cast<std::size_t>(copied));
    values.push_back(std::move(value));
  }
  return values;
}

void add_header(HeadReading& reading, std::string name, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    reading.facts.header_bytes += name.size() + value.size() + 4;
  }
  reading.facts.header_count += values.size();
  if (values.size() > 1) reading.facts.repeated.push_back(name);
  std::string value = join(values, name == "cookie" ? "; " : ",");
  reading.head.headers.emplace_back(std::move(name), std::move(value));
}

HeadReading read_head(lws* wsi) {
  HeadReading reading;
  read_request_line(wsi, reading);
  read_known_headers(wsi, reading);
  read_custom_headers(wsi, reading);
  reading.head.repeated = reading.facts.repeated;
  return reading;
}

}  // namespace securechat::net
