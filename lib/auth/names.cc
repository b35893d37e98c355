#include "auth/names.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

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

}  // namespace

std::string normal_name(std::string_view name) {
  return mapped(name, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::string name_key(std::string_view name) {
  // Folding can undo a composition; the form is stable when it is made twice.
  constexpr unsigned kFold =
      UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
  return mapped(mapped(name, kFold), kFold);
}

}  // namespace securechat::auth
