#include "auth/rules.h"

#include <algorithm>
#include <string>

#include "auth/accounts.h"
#include "auth/names.h"
#include "base/text.h"

namespace securechat::auth {
namespace {

constexpr std::size_t kMaxEmailBytes = 254;
constexpr std::size_t kMaxLocalBytes = 64;
constexpr std::size_t kMaxLabelBytes = 63;
constexpr std::size_t kMinPasswordUnits = 8;
constexpr std::size_t kMinTopLevelLetters = 2;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_letter(char c) {
  return is_lower(c) || is_upper(c);
}

bool has_white_space(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t begin = i;
    (void)next_code_point(text, i);
    if (trim(text.substr(begin, i - begin)).empty()) {
      return true;
    }
  }
  return false;
}

// The atom characters of RFC 5321 without quotes and backticks, and the text of
// other scripts (RFC 6531).
bool is_local_char(char c) {
  constexpr std::string_view kSymbols = "!#$%&*+-/=?^_{|}~.";
  return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
         kSymbols.find(c) != std::string_view::npos;
}

bool is_local_part(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLocalBytes && text.front() != '.' &&
         text.back() != '.' && text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), is_local_char) && has_only_visible_text(text) &&
         !has_white_space(text);
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabelBytes && text.front() != '-' &&
         text.back() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '-';
         });
}

bool is_top_level(std::string_view text) {
  if (!is_label(text) || text.size() < kMinTopLevelLetters) {
    return false;
  }
  // Names of other scripts are written in letters, digits and hyphens behind this prefix.
  return equals_ignore_case(text.substr(0, 4), "xn--") ||
         std::all_of(text.begin(), text.end(), is_letter);
}

bool is_domain(std::string_view text) {
  const std::size_t last_dot = text.rfind('.');
  if (last_dot == std::string_view::npos || !is_top_level(text.substr(last_dot + 1))) {
    return false;
  }
  text = text.substr(0, last_dot);
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

bool has_only_visible_text(std::string_view text) {
  if (!is_utf8(text)) {
    return false;
  }
  for (std::size_t i = 0; i < text.size();) {
    const char32_t c = next_code_point(text, i);
    if (is_control(c) || is_bidi_control(c) || is_zero_width(c)) {
      return false;
    }
  }
  return true;
}

bool is_display_name(std::string_view text) {
  return !text.empty() && text.size() <= 4 * kMaxNameCodePoints && has_only_visible_text(text) &&
         code_point_count(text) <= kMaxNameCodePoints && !trim(text).empty();
}

std::string email_key(std::string_view email) {
  return ascii_lower(trim(email));
}

Fault check_email(std::string_view email) {
  const std::string_view address = trim(email);
  const std::size_t at = address.find('@');
  const bool good = at != std::string_view::npos && address.size() <= kMaxEmailBytes &&
                    is_local_part(address.substr(0, at)) && is_domain(address.substr(at + 1));
  return good ? Fault::kNone : Fault::kInvalidEmail;
}

bool could_be_password(std::string_view password, std::size_t max_bytes) {
  return !password.empty() && password.size() <= max_bytes &&
         password.find('\0') == std::string_view::npos;
}

Fault check_composition(std::string_view password) {
  if (utf16_length(password) < kMinPasswordUnits) {
    return Fault::kPasswordTooShort;
  }
  if (std::none_of(password.begin(), password.end(), is_lower) ||
      std::none_of(password.begin(), password.end(), is_upper)) {
    return Fault::kPasswordNeedsCase;
  }
  if (std::none_of(password.begin(), password.end(), is_digit)) {
    return Fault::kPasswordNeedsNumber;
  }
  return Fault::kNone;
}

Fault check_username(std::string_view username) {
  constexpr std::string_view kForbidden = "<>&\"'/\\`";
  const bool good = is_display_name(username) &&
                    username.find_first_of(kForbidden) == std::string_view::npos &&
                    !name_key(username).empty();  // Fillers and joiners alone show nothing.
  return good ? Fault::kNone : Fault::kInvalidUsername;
}

}  // namespace securechat::auth
