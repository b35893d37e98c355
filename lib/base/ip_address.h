#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace securechat {

// An IPv4 or IPv6 address; an IPv4-mapped IPv6 address is its IPv4 address.
class IpAddress {
 public:
  static std::optional<IpAddress> parse(std::string_view text);
  // From a sockaddr's bytes: 4 or 16 of them.
  static IpAddress from_bytes(const unsigned char* bytes, std::size_t size);

  [[nodiscard]] bool is_v4() const { return v4_; }
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] std::string to_string() const;
  // What limits count by: the address itself for IPv4, its /64 for IPv6.
  [[nodiscard]] std::string rate_key() const;
  // Its network alone, as text: 203.0.113.0/24, 2001:db8:1::/48.
  [[nodiscard]] std::string network() const;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  friend class Cidr;
  bool v4_ = true;
  std::array<unsigned char, 16> bytes_{};  // IPv4: the first four.
};

// A block of addresses, 10.0.0.0/8; a bare address is a block of one.
class Cidr {
 public:
  static std::optional<Cidr> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& address) const;

 private:
  IpAddress base_;
  unsigned prefix_ = 0;
};

}  // namespace securechat
