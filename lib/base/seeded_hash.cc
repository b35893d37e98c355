#include "base/seeded_hash.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <ctime>

#include "base/random.h"

namespace securechat {
namespace {

struct Seed {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

Seed make_seed() noexcept {
  Seed seed;
  unsigned char bytes[sizeof(Seed)];
  if (random_bytes(bytes).ok()) {
    std::memcpy(&seed, bytes, sizeof(seed));
  } else {
    // This hash guards speed, not secrets: an address and the time are better than no table.
    seed.k0 = reinterpret_cast<std::uintptr_t>(&seed);
    seed.k1 = static_cast<std::uint64_t>(std::time(nullptr));
  }
  return seed;
}

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace

std::size_t SeededHash::operator()(std::string_view text) const noexcept {
  static const Seed seed = make_seed();
  State state{seed.k0 ^ 0x736f6d6570736575U, seed.k1 ^ 0x646f72616e646f6dU,
              seed.k0 ^ 0x6c7967656e657261U, seed.k1 ^ 0x7465646279746573U};
  const std::size_t whole = text.size() - text.size() % 8;
  for (std::size_t i = 0; i < whole; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    state.take(word);
  }
  std::uint64_t tail = static_cast<std::uint64_t>(text.size()) << 56;
  for (std::size_t i = whole; i < text.size(); ++i) {
    tail |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * (i - whole));
  }
  state.take(tail);
  state.v2 ^= 0xff;
  state.round();
  state.round();
  state.round();
  return static_cast<std::size_t>(state.v0 ^ state.v1 ^ state.v2 ^ state.v3);
}

}  // namespace securechat
