#pragma once

#include <string_view>

#include "auth/fault.h"

namespace securechat::auth {

// bcrypt reads this many bytes of a password and ends at a NUL.
inline constexpr std::size_t kMaxPasswordBytes = 72;
inline constexpr std::size_t kMaxNameCodePoints = 64;

// Whether some account might have this password: neither more bytes nor a NUL are ever hashed.
[[nodiscard]] bool could_be_password(std::string_view password, std::size_t max_bytes);

// The tutorial's rules for the characters of a password.
[[nodiscard]] Fault check_composition(std::string_view password);

// Valid UTF-8 without control, bidirectional-control or zero-width characters.
[[nodiscard]] bool has_only_visible_text(std::string_view text);

// A name that others may be shown: 1 to 64 code points of visible text, not only white space.
[[nodiscard]] bool is_display_name(std::string_view text);

}  // namespace securechat::auth
