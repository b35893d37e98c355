#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace securechat {

// Overwrites memory in a way that the compiler does not remove.
void wipe(void* data, std::size_t size) noexcept;
void wipe(std::string& text) noexcept;

// Compares in time that depends on the lengths only.
[[nodiscard]] bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

// Bytes that are overwritten when they are no longer needed: keys, passwords, tokens. Moves leave
// the source wiped and empty; copying is explicit.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view bytes) : bytes_(bytes) {}
  // Takes the bytes over and wipes what the argument still holds.
  static Secret take(std::string&& bytes);

  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { clear(); }

  [[nodiscard]] Secret copy() const { return Secret(bytes_); }
  [[nodiscard]] std::string_view view() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  void clear() noexcept { wipe(bytes_); }

 private:
  std::string bytes_;
};

}  // namespace securechat
