#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace securechat::bench {

// What every message of the generator says of itself, so that whoever receives it can tell which
// one it is. Numbers count from 0 for each lane in each room.
struct Tag {
  std::uint32_t lane = 0;  // One stream of messages; a publisher has one.
  std::uint32_t room = 0;
  std::uint32_t number = 0;
  std::int64_t sent_ns = 0;

  friend bool operator==(const Tag&, const Tag&) = default;
};

// '#', the fields in hexadecimal, '#': nothing in it is escaped by JSON or HTML.
inline constexpr std::size_t kTagBytes = 42;

// Appends the tag and filler, `bytes` in all (at least kTagBytes).
void append_text(std::string& out, const Tag& tag, std::size_t bytes);

// Finds the tag in an encoded message. `hint` is where it stood the last time, and is kept up to
// date: messages of one server have it at one place.
[[nodiscard]] std::optional<Tag> find_tag(std::string_view payload, std::size_t& hint);

}  // namespace securechat::bench
