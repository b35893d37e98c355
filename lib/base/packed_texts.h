#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

namespace securechat {

// Several texts in one piece of memory, for what is kept as long as a connection lives and read
// seldom: a std::string takes 32 bytes even when it is empty. Any bytes.
class PackedTexts {
 public:
  PackedTexts() = default;
  explicit PackedTexts(std::span<const std::string_view> parts) {
    if (parts.empty()) return;
    std::size_t size = 0;
    for (const std::string_view part : parts) size += length_size(part.size()) + part.size();
    packed_ = std::make_unique_for_overwrite<char[]>(length_size(size) + size);
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
      const std::string_view part = read(rest_.data());
      rest_.remove_prefix(static_cast<std::size_t>(part.data() - rest_.data()) + part.size());
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
  // A length is written seven bits to a byte, the lowest first; the highest bit says that another
  // byte follows. Most take one.
  static std::size_t length_size(std::size_t length) {
    std::size_t bytes = 1;
    for (; length > 0x7F; length >>= 7) ++bytes;
    return bytes;
  }
  static char* write_length(char* at, std::size_t length) {
    for (; length > 0x7F; length >>= 7) *at++ = static_cast<char>(length | 0x80);
    *at++ = static_cast<char>(length);
    return at;
  }
  // The text behind its length.
  static std::string_view read(const char* at) {
    std::size_t length = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at++);
      length |= std::size_t{byte & 0x7FU} << shift;
      if (byte <= 0x7F) return {at, length};
    }
  }
  [[nodiscard]] std::string_view all() const {
    return packed_ ? read(packed_.get()) : std::string_view();
  }

  std::unique_ptr<char[]> packed_;  // Their size together, then each behind its own.
};

}  // namespace securechat
