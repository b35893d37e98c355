#pragma once

#include <cstddef>
#include <string_view>

namespace securechat {

// SipHash-1-3 under a key that is random per process: the keys of our tables come from peers, who
// must not be able to choose ones that collide. For unordered_map and unordered_set.
struct SeededHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept;
};

}  // namespace securechat
