// Takes checked JSON apart where it stands: what is passed on is the peer's own bytes.
#include "base/json.h"
#include "base/text.h"

namespace securechat {
namespace {

using Pieces = std::vector<std::string_view>;

// Where the string ends whose opening quote is at `open`; npos when it does not.
std::size_t closing_quote(std::string_view text, std::size_t open) {
  std::size_t i = open + 1;
  while (i < text.size() && text[i] != '"') {
    i += text[i] == '\\' ? 2 : 1;
  }
  return i < text.size() ? i : std::string_view::npos;
}

// What stands between the commas of the outermost container, trimmed. False when the text has not
// that shape.
bool split(std::string_view text, char open, char close, Pieces& pieces) {
  text = trim_ascii(text);
  if (text.size() < 2 || text.front() != open || text.back() != close) {
    return false;
  }
  text = text.substr(1, text.size() - 2);
  std::size_t begin = 0;
  std::size_t depth = 0;
  const auto take = [&](std::size_t end) {
    pieces.push_back(trim_ascii(text.substr(begin, end - begin)));
    begin = end + 1;
    return !pieces.back().empty();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      i = closing_quote(text, i);
      if (i == std::string_view::npos) {
        return false;
      }
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      if (depth-- == 0) {
        return false;
      }
    } else if (c == ',' && depth == 0 && !take(i)) {
      return false;
    }
  }
  if (pieces.empty() && trim_ascii(text).empty()) {
    return true;
  }
  return depth == 0 && take(text.size());
}

}  // namespace

Result<std::vector<std::string_view>> json_array_elements(std::string_view text) {
  Pieces pieces;
  if (!split(text, '[', ']', pieces)) {
    return {Code::kInvalid, "the JSON text is not an array"};
  }
  return pieces;
}

Result<std::vector<JsonMember>> json_object_members(std::string_view text) {
  const Status not_an_object(Code::kInvalid, "the JSON text is not an object");
  Pieces pieces;
  if (!split(text, '{', '}', pieces)) {
    return not_an_object;
  }
  std::vector<JsonMember> members;
  members.reserve(pieces.size());
  for (const std::string_view piece : pieces) {
    const std::size_t end = piece.front() == '"' ? closing_quote(piece, 0) : std::string_view::npos;
    if (end == std::string_view::npos) {
      return not_an_object;
    }
    const std::string_view rest = trim_ascii(piece.substr(end + 1));
    if (rest.size() < 2 || rest.front() != ':') {
      return not_an_object;
    }
    members.push_back({piece.substr(0, end + 1), trim_ascii(rest.substr(1))});
  }
  return members;
}

std::optional<std::string> json_unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') {
    return std::nullopt;
  }
  if (text.find('\\') == std::string_view::npos) {
    return std::string(text.substr(1, text.size() - 2));
  }
  const Result<JsonDocument> document = JsonDocument::parse(text);
  const auto value = document.ok() ? document->root().as_string() : std::nullopt;
  return value ? std::optional(std::string(*value)) : std::nullopt;
}

}  // namespace securechat
