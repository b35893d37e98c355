#include "load/tag.h"

#include <algorithm>

namespace securechat::bench {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::string_view kFiller = "the quick brown fox jumps over the lazy dog and comes home. ";

void append_hex(std::string& out, std::uint64_t value, unsigned digits) {
  for (unsigned i = digits; i-- > 0;) out.push_back(kDigits[value >> (4 * i) & 0xFU]);
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool read_hex(std::string_view text, std::uint64_t& value) {
  value = 0;
  for (const char c : text) {
    const int d = digit(c);
    if (d < 0) return false;
    value = value << 4U | static_cast<unsigned>(d);
  }
  return true;
}

std::optional<Tag> tag_at(std::string_view payload, std::size_t at) {
  if (at > payload.size() || payload.size() - at < kTagBytes) return std::nullopt;
  const std::string_view text = payload.substr(at, kTagBytes);
  if (text.front() != '#' || text.back() != '#') return std::nullopt;
  std::uint64_t lane = 0;
  std::uint64_t room = 0;
  std::uint64_t number = 0;
  std::uint64_t sent = 0;
  if (!read_hex(text.substr(1, 8), lane) || !read_hex(text.substr(9, 8), room) ||
      !read_hex(text.substr(17, 8), number) || !read_hex(text.substr(25, 16), sent)) {
    return std::nullopt;
  }
  return Tag{static_cast<std::uint32_t>(lane), static_cast<std::uint32_t>(room),
             static_cast<std::uint32_t>(number), static_cast<std::int64_t>(sent)};
}

}  // namespace

void append_text(std::string& out, const Tag& tag, std::size_t bytes) {
  out.push_back('#');
  append_hex(out, tag.lane, 8);
  append_hex(out, tag.room, 8);
  append_hex(out, tag.number, 8);
  append_hex(out, static_cast<std::uint64_t>(tag.sent_ns), 16);
  out.push_back('#');
  if (bytes <= kTagBytes) return;
  std::size_t left = bytes - kTagBytes;
  while (left > 1) {
    const std::size_t piece = std::min(left - 1, kFiller.size());
    out.append(kFiller.substr(0, piece));
    left -= piece;
  }
  out.push_back('.');  // A server may trim white space off the end.
}

std::optional<Tag> find_tag(std::string_view payload, std::size_t& hint) {
  if (const std::optional<Tag> tag = tag_at(payload, hint)) return tag;
  for (std::size_t at = payload.find('#'); at != std::string_view::npos;
       at = payload.find('#', at + 1)) {
    if (const std::optional<Tag> tag = tag_at(payload, at)) {
      hint = at;
      return tag;
    }
  }
  return std::nullopt;
}

}  // namespace securechat::bench
