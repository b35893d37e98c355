#include "net/http_writer.h"

#include <array>

#include "base/text.h"

namespace securechat::net {

namespace {

struct Phrase {
  int status;
  std::string_view text;
};

constexpr std::array kPhrases = {
    Phrase{100, "Continue"},
    Phrase{101, "Switching Protocols"},
    Phrase{200, "OK"},
    Phrase{201, "Created"},
    Phrase{202, "Accepted"},
    Phrase{204, "No Content"},
    Phrase{206, "Partial Content"},
    Phrase{301, "Moved Permanently"},
    Phrase{302, "Found"},
    Phrase{303, "See Other"},
    Phrase{304, "Not Modified"},
    Phrase{307, "Temporary Redirect"},
    Phrase{308, "Permanent Redirect"},
    Phrase{400, "Bad Request"},
    Phrase{401, "Unauthorized"},
    Phrase{403, "Forbidden"},
    Phrase{404, "Not Found"},
    Phrase{405, "Method Not Allowed"},
    Phrase{406, "Not Acceptable"},
    Phrase{408, "Request Timeout"},
    Phrase{409, "Conflict"},
    Phrase{410, "Gone"},
    Phrase{411, "Length Required"},
    Phrase{412, "Precondition Failed"},
    Phrase{413, "Content Too Large"},
    Phrase{414, "URI Too Long"},
    Phrase{415, "Unsupported Media Type"},
    Phrase{416, "Range Not Satisfiable"},
    Phrase{417, "Expectation Failed"},
    Phrase{421, "Misdirected Request"},
    Phrase{422, "Unprocessable Content"},
    Phrase{426, "Upgrade Required"},
    Phrase{429, "Too Many Requests"},
    Phrase{431, "Request Header Fields Too Large"},
    Phrase{500, "Internal Server Error"},
    Phrase{501, "Not Implemented"},
    Phrase{502, "Bad Gateway"},
    Phrase{503, "Service Unavailable"},
    Phrase{504, "Gateway Timeout"},
    Phrase{505, "HTTP Version Not Supported"},
};

constexpr std::string_view kLineEnds("\r\n\0", 3);

void append_header(std::string& out, std::string_view name, std::string_view value) {
  if (name.empty() || name.find_first_of(kLineEnds) != std::string_view::npos ||
      value.find_first_of(kLineEnds) != std::string_view::npos) {
    return;
  }
  out.append(name).append(": ").append(value).append("\r\n");
}

// A header of the answer itself replaces the common one of the same name.
bool has_header(const HttpResponse& response, std::string_view name) {
  for (const auto& header : response.headers) {
    if (equals_ignore_case(header.first, name)) return true;
  }
  return false;
}

bool status_has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace

std::string_view reason_phrase(int status) {
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return {};
}

void append_response(std::string& out, const HttpResponse& response, const HeaderList& common,
                     bool head_only, bool close) {
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\n");
  for (const auto& [name, value] : common) {
    if (!has_header(response, name)) append_header(out, name, value);
  }
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
  const bool with_body = status_has_body(response.status);
  if (with_body) append_header(out, "Content-Length", std::to_string(response.body.size()));
  if (close) append_header(out, "Connection", "close");
  out.append("\r\n");
  if (with_body && !head_only) out.append(response.body);
}

}  // namespace securechat::net
