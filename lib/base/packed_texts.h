#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace securechat {

// Several texts in one, for what is kept as long as a connection lives and read seldom: a
// std::string takes 32 bytes even when it is empty. Any bytes; no longer than 4 GiB in all.
class PackedTexts {
 public:
  PackedTexts() = default;
  explicit PackedTexts(std::span<const std::string_view> parts) {
    std::size_t size = 0;
    for (const std::string_view part : parts) size += sizeof(Length) + part.size();
    packed_.reserve(size);
    for (const std::string_view part : parts) {
      const auto length = static_cast<Length>(part.size());
      packed_.append(reinterpret_cast<const char*>(&length), sizeof length).append(part);
    }
  }
  PackedTexts(std::initializer_list<std::string_view> parts)
      : PackedTexts(std::span(parts.begin(), parts.size())) {}

  // Reads the texts in their order; they borrow from the PackedTexts.
  class Reader {
   public:
    explicit Reader(const PackedTexts& texts) : rest_(texts.packed_) {}
    [[nodiscard]] bool done() const { return rest_.empty(); }
    // The next one; only when there is one.
    std::string_view next() {
      Length length = 0;
      std::memcpy(&length, rest_.data(), sizeof length);
      const std::string_view part = rest_.substr(sizeof length, length);
      rest_.remove_prefix(sizeof length + length);
      return part;
    }

   private:
    std::string_view rest_;
  };

 private:
  using Length = std::uint32_t;
  std::string packed_;  // Each behind its length.
};

}  // namespace securechat
