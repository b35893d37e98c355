#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace securechat::bench {

// Counts durations in buckets that are at most 3 % wide, so that percentiles of millions of
// deliveries cost no memory and no sorting.
class Histogram {
 public:
  Histogram() : counts_(kBuckets) {}

  void record(std::int64_t value) {
    const auto v = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
    ++counts_[bucket_of(v)];
    ++count_;
    largest_ = std::max(largest_, v);
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::int64_t largest() const { return static_cast<std::int64_t>(largest_); }

  // The smallest value that `share` (0 to 1) of all values do not exceed, rounded up to its bucket.
  [[nodiscard]] std::int64_t percentile(double share) const {
    if (count_ == 0) return 0;
    const double exact = share * static_cast<double>(count_);
    const auto rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(exact + 0.999999), 1);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i];
      if (seen >= rank) return static_cast<std::int64_t>(std::min(upper_bound(i), largest_));
    }
    return largest();
  }

 private:
  static constexpr unsigned kBits = 5;  // 32 buckets for each power of two.
  static constexpr std::uint64_t kLinear = 1U << kBits;
  static constexpr std::size_t kBuckets = (64 - kBits + 1) * kLinear;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kLinear) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    return static_cast<std::size_t>((shift + 1) * kLinear + ((value >> shift) - kLinear));
  }
  static std::uint64_t upper_bound(std::size_t bucket) {
    if (bucket < kLinear) return bucket;
    const auto shift = static_cast<unsigned>(bucket / kLinear - 1);
    return ((bucket % kLinear + kLinear + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t largest_ = 0;
};

}  // namespace securechat::bench
