#include "auth/password_policy.h"

#include <algorithm>
#include <string>

#include "auth/accounts.h"
#include "base/secret.h"
#include "base/text.h"

namespace securechat::auth {
namespace {

constexpr std::string_view kCommon =
#include "auth/common_passwords.inc"
    ;
constexpr std::string_view kProduct = "securechat";
constexpr std::size_t kMinCodePoints = 15;
// What has to be left of a password without the names that belong to its owner.
constexpr std::size_t kMinOwnCodePoints = 8;
constexpr std::size_t kMinNameBytes = 3;
constexpr std::size_t kLongestPattern = 7;
constexpr std::string_view kKeyboard = "1234567890qwertyuiopasdfghjklzxcvbnm";

// The text without what is no letter at its ends.
std::string_view core_of(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
  };
  while (!text.empty() && !is_letter(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && !is_letter(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

// The shortest beginning whose repetition, maybe cut at the end, is the text.
std::string_view pattern_of(std::string_view text) {
  for (std::size_t length = 1; 2 * length <= text.size(); ++length) {
    if (text.substr(length) == text.substr(0, text.size() - length)) {
      return text.substr(0, length);
    }
  }
  return text;
}

bool are_neighbours(char a, char b) {
  const int step = a - b;
  if (step >= -1 && step <= 1) {
    return true;
  }
  const std::size_t at = kKeyboard.find(a);
  const std::size_t next = kKeyboard.find(b);
  return at != std::string_view::npos && next != std::string_view::npos &&
         (at + 1 == next || next + 1 == at);
}

bool is_walk(std::string_view text) {
  std::size_t steps = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    steps += are_neighbours(text[i - 1], text[i]) ? 1 : 0;
  }
  return 4 * steps >= 3 * text.size();
}

bool is_common(std::string_view text) {
  return !text.empty() && (is_common_password(text) || is_common_password(pattern_of(text)));
}

// How much of `password` is not one of the words that belong to its owner.
std::size_t own_code_points(std::string password, std::initializer_list<std::string> words) {
  for (const std::string& word : words) {
    if (word.size() < kMinNameBytes) {
      continue;
    }
    for (std::size_t at = password.find(word); at != std::string::npos; at = password.find(word)) {
      password.erase(at, word.size());
    }
  }
  const std::size_t count = code_point_count(password);
  wipe(password);
  return count;
}

Fault check_modern(std::string_view password, const PasswordOwner& owner) {
  if (code_point_count(password) < kMinCodePoints) {
    return Fault::kPasswordUnder15;
  }
  std::string lower = ascii_lower(password);
  const bool guessable = is_guessable(lower);
  const std::string key = email_key(owner.email);
  const bool named =
      own_code_points(lower, {key, ascii_lower(trim(owner.username)), key.substr(0, key.find('@')),
                              std::string(kProduct)}) < kMinOwnCodePoints;
  wipe(lower);
  if (guessable) {
    return Fault::kPasswordCommon;
  }
  return named ? Fault::kPasswordNamesOwner : Fault::kNone;
}

}  // namespace

bool is_common_password(std::string_view word) {
  std::size_t low = 0;
  std::size_t high = kCommon.size() - 1;  // Words lie between the spaces at these two.
  while (low < high) {
    // The word around the middle; the last one begins before the last space.
    const std::size_t begin = kCommon.rfind(' ', (low + high - 1) / 2);
    const std::size_t end = kCommon.find(' ', begin + 1);
    const std::string_view found = kCommon.substr(begin + 1, end - begin - 1);
    if (found == word) {
      return true;
    }
    if (found < word) {
      low = end;
    } else {
      high = begin;
    }
  }
  return false;
}

bool is_guessable(std::string_view password) {
  return is_common(password) || is_common(core_of(password)) || is_walk(password) ||
         pattern_of(password).size() <= kLongestPattern;
}

Fault check_password(const PasswordRules& rules, std::string_view password,
                     const PasswordOwner& owner) {
  // What looks for patterns takes longer than in proportion to the length.
  const bool modern = rules.policy == PasswordPolicy::kModern;
  if (modern && password.size() > rules.max_bytes) return Fault::kPasswordTooLong;
  const Fault fault = modern ? check_modern(password, owner) : check_composition(password);
  if (fault != Fault::kNone) {
    return fault;
  }
  if (password.size() > rules.max_bytes) {
    return Fault::kPasswordTooLong;
  }
  return password.find('\0') == std::string_view::npos ? Fault::kNone : Fault::kPasswordInvalid;
}

}  // namespace securechat::auth
