#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace securechat {

// Bytes that a scanner stops at. What texts mostly consist of is passed over at a table look-up
// for each byte.
class ByteSet {
 public:
  // The bytes for which `is_member` holds.
  template <typename Predicate>
  explicit constexpr ByteSet(Predicate is_member) {
    for (std::size_t byte = 0; byte < table_.size(); ++byte) {
      table_[byte] = is_member(static_cast<unsigned char>(byte));
    }
  }

  [[nodiscard]] constexpr bool contains(char c) const {
    return table_[static_cast<unsigned char>(c)];
  }
  // Where the first of them stands in `text`, from `at` on; text.size() when there is none.
  [[nodiscard]] std::size_t find(std::string_view text, std::size_t at = 0) const {
    while (text.size() - at >= 4) {
      if (contains(text[at]) || contains(text[at + 1]) || contains(text[at + 2]) ||
          contains(text[at + 3])) {
        break;
      }
      at += 4;
    }
    while (at < text.size() && !contains(text[at])) ++at;
    return at;
  }

 private:
  std::array<bool, 256> table_ = {};
};

}  // namespace securechat
