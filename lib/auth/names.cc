#include "auth/names.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/text.h"

namespace securechat::auth {
namespace {

std::string mapped(std::string_view name, unsigned options) {
  utf8proc_uint8_t* out = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(name.data()),
                                             static_cast<utf8proc_ssize_t>(name.size()), &out,
                                             static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(out, &std::free);
  if (size < 0) return std::string(name);
  return {reinterpret_cast<const char*>(out), static_cast<std::size_t>(size)};
}

// What shows as empty space: Unicode's white space without control characters, which the rules
// refuse, and the Braille pattern without dots.
bool is_blank(char32_t c) {
  return c == 0x20 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x2800 || c == 0x3000;
}

std::string_view without_outer_blanks(std::string_view text) {
  std::size_t begin = text.size();
  std::size_t end = begin;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t at = i;
    if (is_blank(next_code_point(text, i))) continue;
    begin = std::min(begin, at);
    end = i;
  }
  return text.substr(begin, end - begin);
}

std::string with_single_spaces(std::string_view text) {
  std::string out;
  bool gap = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t at = i;
    if (is_blank(next_code_point(text, i))) {
      gap = !out.empty();
      continue;
    }
    if (std::exchange(gap, false)) out.push_back(' ');
    out.append(text.substr(at, i - at));
  }
  return out;
}

}  // namespace

std::string normal_name(std::string_view name) {
  return std::string(without_outer_blanks(mapped(name, UTF8PROC_STABLE | UTF8PROC_COMPOSE)));
}

std::string name_key(std::string_view name) {
  // Folding can undo a composition; the form is stable when it is made twice.
  constexpr unsigned kFold =
      UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
  return with_single_spaces(mapped(mapped(name, kFold), kFold));
}

}  // namespace securechat::auth
