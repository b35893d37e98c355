#include "net/request_guard.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace securechat::net {

namespace {

// libwebsockets copies these two headers into buffers of 128 bytes and hangs up when they do not
// fit; a longer one is refused before that.
constexpr std::size_t kMaxListBytes = 120;
// It copies this one to less than 400 bytes before the answer that it is writing.
constexpr std::size_t kMaxExtensionBytes = 380;
constexpr std::size_t kMaxSubprotocolName = 60;

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_control_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7F;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_control_byte);
}

std::string_view trim_space(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <typename Visitor>
void for_each_element(std::string_view list, Visitor visit) {
  while (true) {
    const std::size_t comma = list.find(',');
    visit(trim_space(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

bool repeated(const HeadFacts& facts, std::string_view name) {
  return std::find(facts.repeated.begin(), facts.repeated.end(), name) != facts.repeated.end();
}

// ---------------------------------------------------------------- rules for every request

bool uri_too_long(const RequestHead&, const HeadFacts& facts) {
  return facts.uri_bytes > kMaxUriBytes;
}

bool too_many_headers(const RequestHead&, const HeadFacts& facts) {
  return facts.header_count > kMaxHeaders || facts.header_bytes > kMaxHeaderBytes;
}

bool bad_request_line(const RequestHead& head, const HeadFacts& facts) {
  return facts.unreadable || facts.request_lines != 1 || head.path.empty() ||
         head.path.front() != '/' || has_control(head.path) ||
         head.path.find('\t') != std::string::npos;
}

bool unknown_version(const RequestHead&, const HeadFacts& facts) {
  return facts.version != "HTTP/1.1" && facts.version != "HTTP/1.0";
}

bool bad_header(const RequestHead& head, const HeadFacts&) {
  return std::any_of(head.headers.begin(), head.headers.end(), [](const auto& header) {
    return !is_token(header.first) || has_control(header.second);
  });
}

bool not_one_host(const RequestHead& head, const HeadFacts& facts) {
  const auto host = head.header("host");
  if (!host || repeated(facts, "host")) return true;
  const std::string_view name = trim_space(*host);
  return name.empty() || name.find_first_of(" \t,/@\\?#") != std::string_view::npos;
}

bool two_origins(const RequestHead&, const HeadFacts& facts) {
  return repeated(facts, "origin");
}

bool transfer_encoding(const RequestHead& head, const HeadFacts&) {
  return head.header("transfer-encoding").has_value();
}

bool bad_content_length(const RequestHead& head, const HeadFacts& facts) {
  return head.header("content-length") &&
         (repeated(facts, "content-length") || !content_length(head));
}

bool body_where_none_belongs(const RequestHead& head, const HeadFacts&) {
  return (head.method == "GET" || head.method == "HEAD") && content_length(head).value_or(0) > 0;
}

bool refused_method(const RequestHead& head, const HeadFacts&) {
  return head.method.empty() || head.method == "CONNECT" || head.method == "TRACE";
}

bool unknown_expectation(const RequestHead& head, const HeadFacts&) {
  const auto expect = head.header("expect");
  return expect && !equals_ignore_case(trim_space(*expect), "100-continue");
}

// ---------------------------------------------------------------- rules for a handshake

bool foreign_upgrade(const RequestHead& head, const HeadFacts& facts) {
  return repeated(facts, "upgrade") ||
         !equals_ignore_case(head.header("upgrade").value_or(""), "websocket");
}

bool upgrade_without_get(const RequestHead& head, const HeadFacts&) {
  return head.method != "GET";
}

bool upgrade_without_http11(const RequestHead&, const HeadFacts& facts) {
  return facts.version != "HTTP/1.1";
}

bool upgrade_without_connection(const RequestHead& head, const HeadFacts&) {
  const auto connection = head.header("connection");
  if (!connection || connection->size() > kMaxListBytes) return true;
  bool tokens_only = true;
  for_each_element(*connection, [&](std::string_view t) { tokens_only &= is_token(t); });
  return !tokens_only || !has_token(head, "connection", "upgrade");
}

bool extension_list_too_long(const RequestHead& head, const HeadFacts&) {
  return head.header("sec-websocket-extensions").value_or("").size() > kMaxExtensionBytes;
}

bool wrong_websocket_version(const RequestHead& head, const HeadFacts& facts) {
  return repeated(facts, "sec-websocket-version") ||
         trim_space(head.header("sec-websocket-version").value_or("")) != "13";
}

// Sixteen bytes in base64 are 22 digits and two signs of padding.
bool bad_websocket_key(const RequestHead& head, const HeadFacts& facts) {
  const std::string_view key = head.header("sec-websocket-key").value_or("");
  if (repeated(facts, "sec-websocket-key") || key.size() != 24 || key.substr(22) != "==") {
    return true;
  }
  const std::string_view digits = key.substr(0, 22);
  return !std::all_of(digits.begin(), digits.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  });
}

struct Rule {
  int status;
  bool (*broken)(const RequestHead&, const HeadFacts&);
  std::string_view reason;
};

constexpr std::array kRequestRules = {
    Rule{414, uri_too_long, "uri"},
    Rule{431, too_many_headers, "headers"},
    Rule{400, bad_request_line, "request line"},
    Rule{400, unknown_version, "version"},
    Rule{400, bad_header, "header"},
    Rule{400, not_one_host, "host"},
    Rule{400, two_origins, "origin"},
    Rule{501, transfer_encoding, "transfer-encoding"},
    Rule{400, bad_content_length, "content-length"},
    Rule{405, refused_method, "method"},
    Rule{400, body_where_none_belongs, "body"},
    Rule{417, unknown_expectation, "expect"},
};

constexpr std::array kUpgradeRules = {
    Rule{400, foreign_upgrade, "upgrade"},
    Rule{400, upgrade_without_get, "upgrade method"},
    Rule{400, upgrade_without_http11, "upgrade version"},
    Rule{400, upgrade_without_connection, "connection"},
    Rule{426, wrong_websocket_version, "websocket version"},
    Rule{400, bad_websocket_key, "websocket key"},
    Rule{400, extension_list_too_long, "websocket extensions"},
};

template <std::size_t N>
GuardVerdict first_broken(const std::array<Rule, N>& rules, const RequestHead& head,
                          const HeadFacts& facts) {
  for (const Rule& rule : rules) {
    if (rule.broken(head, facts)) return {rule.status, rule.reason};
  }
  return {};
}

}  // namespace

bool is_token_char(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

GuardVerdict check_request(const RequestHead& head, const HeadFacts& facts) {
  return first_broken(kRequestRules, head, facts);
}

GuardVerdict check_upgrade(const RequestHead& head, const HeadFacts& facts) {
  const GuardVerdict verdict = check_request(head, facts);
  return verdict.status != 0 ? verdict : first_broken(kUpgradeRules, head, facts);
}

std::optional<std::size_t> content_length(const RequestHead& head) {
  const auto value = head.header("content-length");
  if (!value) return std::nullopt;
  const std::string_view digits = trim_space(*value);
  if (digits.empty() || digits.size() > 15 || value->size() > 24) return std::nullopt;
  std::size_t length = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    length = length * 10 + static_cast<std::size_t>(c - '0');
  }
  return length;
}

bool has_token(const RequestHead& head, std::string_view name, std::string_view token) {
  bool found = false;
  for_each_element(head.header(name).value_or(""),
                   [&](std::string_view t) { found |= equals_ignore_case(t, token); });
  return found;
}

bool wants_close(const RequestHead& head, const HeadFacts& facts) {
  return facts.version != "HTTP/1.1" || has_token(head, "connection", "close");
}

int check_subprotocol(const RequestHead& head, std::string_view subprotocol) {
  const auto offered = head.header("sec-websocket-protocol");
  if (!offered || offered->empty()) return 0;
  if (offered->size() > kMaxListBytes) return 400;
  bool well_formed = true;
  for_each_element(*offered, [&](std::string_view t) {
    well_formed &= is_token(t) && t.size() <= kMaxSubprotocolName;
  });
  bool ours = false;
  for_each_element(*offered, [&](std::string_view t) { ours |= t == subprotocol; });
  return well_formed && ours ? 0 : 400;
}

}  // namespace securechat::net
