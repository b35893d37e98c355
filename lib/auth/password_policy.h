#pragma once

#include <cstddef>
#include <string_view>

#include "auth/fault.h"
#include "auth/rules.h"

namespace securechat::auth {

enum class PasswordPolicy {
  kTutorial,  // 8 characters with upper and lower case and a number.
  kModern,    // 15 characters of any kind that others would not try first (NIST SP 800-63B-4).
};

struct PasswordRules {
  PasswordPolicy policy = PasswordPolicy::kTutorial;
  std::size_t max_bytes = kMaxPasswordBytes;
};

// Whose password it is going to be: his names are the first that others try.
struct PasswordOwner {
  std::string_view username;
  std::string_view email;
};

// Whether a new password is acceptable. Passwords that were accepted once are not judged again.
[[nodiscard]] Fault check_password(const PasswordRules& rules, std::string_view password,
                                   const PasswordOwner& owner);

// Whether `word`, in lower case, is one of the passwords that are used most.
[[nodiscard]] bool is_common_password(std::string_view word);

// Whether a password, in lower case, is a common one, also repeated or with figures around it,
// a short pattern repeated, or a walk along the alphabet, the figures or the keyboard.
[[nodiscard]] bool is_guessable(std::string_view password);

}  // namespace securechat::auth
