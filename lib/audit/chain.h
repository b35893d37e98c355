#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/status.h"

namespace securechat::audit {

// The end of a chain: the number of its newest line and the digest that this line carries.
struct Link {
  std::uint64_t seq = 0;
  std::string digest = std::string(64, '0');  // 64 hexadecimal digits.
  friend bool operator==(const Link&, const Link&) = default;
};

// A line as it was read, split where its digest begins. Borrows from the line.
struct SealedLine {
  Link link;
  std::string_view content;  // Everything that the digest covers.
  bool keyed = false;
};
// Nothing when it is no line of a chain.
[[nodiscard]] std::optional<SealedLine> read_sealed(std::string_view line);
// The text of a member that the log itself wrote, such as "event"; empty when there is none.
[[nodiscard]] std::string own_member(const SealedLine& line, std::string_view key);

// Makes each line carry a digest over itself and the digest of the line before it. With a key it is
// HMAC-SHA256 and stands as "mac": who has not the key cannot make one. Without it is SHA-256 and
// stands as "hash": who can write to the file can make a whole new chain.
class Chain {
 public:
  // No key: SHA-256.
  static Result<Chain> create(std::string_view key);

  [[nodiscard]] bool keyed() const { return mac_.has_value(); }
  // The line that follows `link`, without its newline; `link` becomes its own.
  Result<std::string> seal(Link& link, std::string_view members) const;
  // Whether `line` follows the digest `before`. Without a key a keyed line cannot be told.
  Result<bool> follows(const SealedLine& line, std::string_view before) const;

 private:
  Chain() = default;
  [[nodiscard]] Result<std::string> digest(std::string_view before, std::string_view content,
                                           bool keyed) const;
  std::optional<HmacSha256> mac_;
};

}  // namespace securechat::audit
