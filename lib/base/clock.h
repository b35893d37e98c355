#pragma once

#include <atomic>
#include <cstdint>

namespace securechat {

// Where the time comes from. Deadlines use the monotonic clock, stamps that people or tokens see
// use the wall clock. Both are in milliseconds. Implementations are safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since an arbitrary start; never goes back.
  [[nodiscard]] virtual std::int64_t monotonic_ms() const = 0;
  // Milliseconds since 1970-01-01T00:00:00Z.
  [[nodiscard]] virtual std::int64_t unix_ms() const = 0;

  [[nodiscard]] std::int64_t unix_seconds() const { return unix_ms() / 1000; }
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t monotonic_ms() const override;
  [[nodiscard]] std::int64_t unix_ms() const override;
};

// A clock that a test moves by hand.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t unix_ms = 1'700'000'000'000) : unix_ms_(unix_ms) {}
  [[nodiscard]] std::int64_t monotonic_ms() const override { return monotonic_ms_.load(); }
  [[nodiscard]] std::int64_t unix_ms() const override { return unix_ms_.load(); }
  void advance_ms(std::int64_t ms) {
    monotonic_ms_ += ms;
    unix_ms_ += ms;
  }

 private:
  std::atomic<std::int64_t> monotonic_ms_{1'000'000};
  std::atomic<std::int64_t> unix_ms_;
};

}  // namespace securechat
