// The functions of text.h and their neighbours on bytes of any kind.
#include <cstddef>
#include <cstdint>

#include "base/ip_address.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "fuzz/require.h"

namespace securechat::fuzz {
namespace {

void check_any(std::string_view text) {
  require(trim(trim(text)) == trim(text), "trimming once is enough");
  require(trim_ascii(text).size() <= text.size(), "trimming shortens");
  require(equals_ignore_case(ascii_lower(text), text), "lower case is the same but for case");
  const std::string safe = log_safe(text);
  require(safe.size() <= kMaxLogValueBytes && is_utf8(safe), "a log value is bounded UTF-8");
  require(log_safe(safe) == safe, "and stays as it is");
  std::string decoded;
  if (base64url_decode(text, decoded)) {
    require(base64url_encode(decoded) == text, "base64url has one spelling");
  }
  require(base64url_decode(base64url_encode(text), decoded) && decoded == text,
          "base64url brings the bytes back");
  if (const std::int64_t ms = parse_iso8601(text); ms >= 0) {
    require(iso8601(ms) == text, "a date has one spelling");
  }
  if (const auto address = IpAddress::parse(text)) {
    require(IpAddress::parse(address->to_string()) == address, "an address comes back");
    require(Cidr::parse(text)->contains(*address), "an address is in its own block");
  }
  (void)Cidr::parse(text);
}

void check_utf8(std::string_view text) {
  std::size_t units = 0;
  std::size_t points = 0;
  for (std::size_t i = 0; i < text.size(); ++points) {
    const std::size_t length = utf8_sequence_length(text, i);
    const std::size_t begin = i;
    units += next_code_point(text, i) >= 0x10000 ? 2 : 1;
    require(length != 0 && i == begin + length, "valid text is a row of code points");
  }
  require(utf16_length(text) == units && code_point_count(text) == points, "lengths agree");
  const std::string escaped = html_escape(text);
  const std::size_t escaped_units = utf16_length(escaped);
  require(html_escaped_fits(text, escaped_units), "the escaped text fits into its own length");
  require(escaped_units == 0 || !html_escaped_fits(text, escaped_units - 1),
          "and into nothing shorter");
  require(escaped.find_first_of("<>\"'/\\`") == std::string::npos, "nothing stays unescaped");
  const std::string stripped = strip_controls(text);
  require(strip_controls(stripped) == stripped && is_utf8(stripped), "stripping once is enough");
  require(is_utf8(trim(text)), "trimming cuts no code point");
  const std::string json = json_string(text);
  if (text.find('\0') == std::string_view::npos) {
    require(json_check(json).ok() && json_unquote(json) == text, "a JSON string comes back");
  }
}

void check(std::string_view text) {
  check_any(text);
  bool valid = true;
  for (std::size_t i = 0; valid && i < text.size();) {
    const std::size_t length = utf8_sequence_length(text, i);
    valid = length != 0;
    i += length;
  }
  require(is_utf8(text) == valid, "the fast check agrees with the slow one");
  if (valid) {
    check_utf8(text);
  }
}

}  // namespace
}  // namespace securechat::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  securechat::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
