#include "auth/token_gate.h"

#include <algorithm>
#include <iterator>

#include "base/json.h"
#include "base/text.h"

namespace securechat::auth {
namespace {

bool decode_segment(std::string_view segment, std::string& out) {
  return !segment.empty() && base64url_decode(segment, out);
}

// The headers that the issuers of HS256 tokens write, libjwt first. What is spelled otherwise is
// parsed.
constexpr std::string_view kUsualHeaders[] = {R"({"alg":"HS256","typ":"JWT"})",
                                              R"({"typ":"JWT","alg":"HS256"})"};

// Reads the header; false when it is not one that a token may have.
bool take_header(std::string_view text, std::string_view algorithm,
                 std::optional<std::string>& kid) {
  if (algorithm == "HS256" && std::ranges::find(kUsualHeaders, text) != std::end(kUsualHeaders)) {
    return true;
  }
  const Result<JsonDocument> header = JsonDocument::parse(text);
  if (!header.ok()) {
    return false;
  }
  const JsonView root = header->root();
  if (const JsonView name = root["kid"]; name.exists()) {
    if (!name.as_string()) {
      return false;
    }
    kid.emplace(*name.as_string());
  }
  // A view of nothing, as of a header that is no object, has no alg.
  return root["alg"].as_string() == algorithm && !root["crit"].exists();
}

}  // namespace

std::optional<CompactToken> open_compact_token(std::string_view token, std::string_view algorithm) {
  if (token.size() > kMaxTokenBytes) {
    return std::nullopt;
  }
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) {
    return std::nullopt;
  }
  CompactToken parts;
  parts.signing_input = token.substr(0, second);
  // A fourth segment would put a dot into the third, which is no base64url.
  std::string header;
  if (!decode_segment(token.substr(0, first), header) ||
      !take_header(header, algorithm, parts.kid) ||
      !decode_segment(token.substr(first + 1, second - first - 1), parts.payload) ||
      !decode_segment(token.substr(second + 1), parts.signature)) {
    return std::nullopt;
  }
  return parts;
}

}  // namespace securechat::auth
