#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>

namespace securechat {
namespace {

constexpr unsigned char kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;

bool is_mapped(const unsigned char* bytes) {
  return std::memcmp(bytes, kMappedPrefix, sizeof(kMappedPrefix)) == 0;
}

// One to three digits without a sign or a leading zero.
std::optional<unsigned> parse_prefix(std::string_view text) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) {
    return std::nullopt;
  }
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

}  // namespace

IpAddress IpAddress::from_bytes(const unsigned char* bytes, std::size_t size) {
  IpAddress address;
  if (size == 4) {
    std::copy_n(bytes, 4, address.bytes_.begin());
  } else if (size == 16 && is_mapped(bytes)) {
    std::copy_n(bytes + sizeof(kMappedPrefix), 4, address.bytes_.begin());
  } else if (size == 16) {
    address.v4_ = false;
    std::copy_n(bytes, 16, address.bytes_.begin());
  }
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof(terminated) ||
      text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  terminated[text.copy(terminated, text.size())] = '\0';
  unsigned char bytes[16];
  if (inet_pton(AF_INET, terminated, bytes) == 1) {
    return from_bytes(bytes, 4);
  }
  if (inet_pton(AF_INET6, terminated, bytes) == 1) {
    return from_bytes(bytes, 16);
  }
  return std::nullopt;
}

bool IpAddress::is_loopback() const {
  if (v4_) {
    return bytes_[0] == 127;
  }
  return bytes_[15] == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1,
                                        [](unsigned char byte) { return byte == 0; });
}

std::string IpAddress::to_string() const {
  if (v4_) {
    // Each connection is asked for this several times, and inet_ntop goes through printf.
    std::string dotted;
    for (std::size_t i = 0; i < 4; ++i) {
      if (i > 0) dotted += '.';
      char digits[3];
      dotted.append(digits, std::to_chars(digits, std::end(digits), unsigned{bytes_[i]}).ptr);
    }
    return dotted;
  }
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(AF_INET6, bytes_.data(), text, sizeof(text));
  return text;
}

std::string IpAddress::rate_key() const {
  if (v4_) {
    return to_string();
  }
  IpAddress network = *this;
  std::fill(network.bytes_.begin() + 8, network.bytes_.end(), static_cast<unsigned char>(0));
  return network.to_string() + "/64";
}

std::string IpAddress::network() const {
  IpAddress network = *this;
  std::fill(network.bytes_.begin() + (v4_ ? 3 : 6), network.bytes_.end(),
            static_cast<unsigned char>(0));
  return network.to_string() + (v4_ ? "/24" : "/48");
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address_text = text.substr(0, slash);
  const std::optional<IpAddress> address = IpAddress::parse(address_text);
  if (!address) {
    return std::nullopt;
  }
  // ::ffff:10.0.0.0/104 is written in IPv6 and means 10.0.0.0/8.
  const bool mapped = address->is_v4() && address_text.find(':') != std::string_view::npos;
  const unsigned width = address->is_v4() ? 32 : 128;
  Cidr block;
  block.base_ = *address;
  block.prefix_ = width;
  if (slash != std::string_view::npos) {
    std::optional<unsigned> prefix = parse_prefix(text.substr(slash + 1));
    if (prefix && mapped) {
      prefix = *prefix >= kMappedBits ? std::optional(*prefix - kMappedBits) : std::nullopt;
    }
    if (!prefix || *prefix > width) {
      return std::nullopt;
    }
    block.prefix_ = *prefix;
  }
  return block;
}

bool Cidr::contains(const IpAddress& address) const {
  if (address.v4_ != base_.v4_) {
    return false;
  }
  const std::size_t whole = prefix_ / 8;
  if (!std::equal(base_.bytes_.begin(), base_.bytes_.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.bytes_.begin())) {
    return false;
  }
  const unsigned rest = prefix_ % 8;
  if (rest == 0) {
    return true;
  }
  return ((base_.bytes_[whole] ^ address.bytes_[whole]) >> (8 - rest)) == 0;
}

}  // namespace securechat
