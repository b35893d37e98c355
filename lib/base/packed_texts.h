#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

namespace securechat {

// Several texts in one piece of memory, for what is kept as long as a connection lives and read
// seldom: a std::string takes 32 bytes even when it is empty. Any bytes; no longer than 4 GiB in
// all.
class PackedTexts {
 public:
  PackedTexts() = default;
  explicit PackedTexts(std::span<const std::string_view> parts) {
    if (parts.empty()) return;
    std::size_t size = 0;
    for (const std::string_view part : parts) size += sizeof(Length) + part.size();
    packed_ = std::make_unique_for_overwrite<char[]>(sizeof(Length) + size);
    char* at = write_length(packed_.get(), size);
    for (const std::string_view part : parts) {
      at = write_length(at, part.size());
      if (!part.empty()) std::memcpy(at, part.data(), part.size());
      at += part.size();
    }
  }
  PackedTexts(std::initializer_list<std::string_view> parts)
      : PackedTexts(std::span(parts.begin(), parts.size())) {}

  // Reads the texts in their order; they borrow from the PackedTexts.
  class Reader {
   public:
    explicit Reader(const PackedTexts& texts) : rest_(texts.all()) {}
    [[nodiscard]] bool done() const { return rest_.empty(); }
    // The next one; only when there is one.
    std::string_view next() {
      const std::size_t length = read_length(rest_.data());
      const std::string_view part = rest_.substr(sizeof(Length), length);
      rest_.remove_prefix(sizeof(Length) + length);
      return part;
    }

   private:
    std::string_view rest_;
  };

  // The text at a place that exists; borrowed.
  [[nodiscard]] std::string_view at(std::size_t place) const {
    Reader texts(*this);
    for (; place > 0; --place) (void)texts.next();
    return texts.next();
  }

 private:
  using Length = std::uint32_t;
  static char* write_length(char* at, std::size_t size) {
    const auto length = static_cast<Length>(size);
    std::memcpy(at, &length, sizeof length);
    return at + sizeof length;
  }
  static std::size_t read_length(const char* at) {
    Length length = 0;
    std::memcpy(&length, at, sizeof length);
    return length;
  }
  [[nodiscard]] std::string_view all() const {
    if (!packed_) return {};
    return {packed_.get() + sizeof(Length), read_length(packed_.get())};
  }

  std::unique_ptr<char[]> packed_;  // Their size together, then each behind its own.
};

}  // namespace securechat
