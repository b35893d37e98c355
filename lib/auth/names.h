#pragma once

#include <string>
#include <string_view>

namespace securechat::auth {

// A name in Unicode's normalisation form C (UAX #15), so that a letter and its accent are the same
// bytes whatever keyboard they come from, and without empty space around it. A text that is no
// UTF-8 stays as it is, for the rules to refuse.
[[nodiscard]] std::string normal_name(std::string_view name);

// What two names share that people would take for one: NFKC, case folded, without what nobody sees
// (NFKC_Casefold of the Unicode Standard, section 3.13), and with one space where there is any
// empty space. Empty for a name of which nothing is seen. Letters of two scripts that look alike
// stay two.
[[nodiscard]] std::string name_key(std::string_view name);

}  // namespace securechat::auth
