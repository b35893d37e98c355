#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

// Numbers that are counted where things happen and read by whoever asks. Counting is a relaxed load
// and a store on memory of the counting thread's own, so that it costs what adding to a plain
// integer costs; nobody who reads holds up whoever counts.
namespace securechat {

// One thread counts, any thread reads.
class Counter {
 public:
  void add(std::uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// The same for what also falls.
class Gauge {
 public:
  void add(std::int64_t change) { set(value() + change); }
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

// Any thread counts. For what is rare, or is counted on no thread of its own.
class SharedCounter {
 public:
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// Counts by a word of a closed list; what is not in it counts as the last word, so that nobody
// outside can make a new series. `Count` is a Counter or a SharedCounter.
template <std::size_t N, typename Count = Counter>
class CountersByWord {
 public:
  explicit constexpr CountersByWord(const std::array<std::string_view, N>& words) : words_(words) {}
  void add(std::string_view word) {
    const auto found = std::find(words_.begin(), words_.end() - 1, word);
    counts_[static_cast<std::size_t>(found - words_.begin())].add();
  }
  [[nodiscard]] static constexpr std::size_t size() { return N; }
  [[nodiscard]] std::string_view word(std::size_t i) const { return words_[i]; }
  [[nodiscard]] std::uint64_t value(std::size_t i) const { return counts_[i].value(); }

 private:
  const std::array<std::string_view, N>& words_;
  std::array<Count, N> counts_;
};

// How observations are spread: how many were at most each bound, how many there were, their sum.
struct HistogramValues {
  std::vector<double> bounds;
  std::vector<std::uint64_t> counts;  // Of each bound alone; one more for what is above the last.
  double sum = 0;
};

// One thread observes, any thread reads. The values that are read may lack an observation that is
// being made.
template <std::size_t N>
class Histogram {
 public:
  explicit constexpr Histogram(const std::array<double, N>& bounds) : bounds_(bounds) {}
  void observe(double value) {
    const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
    counts_[static_cast<std::size_t>(bound - bounds_.begin())].add();
    sum_.store(sum_.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }
  [[nodiscard]] HistogramValues values() const {
    HistogramValues values;
    values.bounds.assign(bounds_.begin(), bounds_.end());
    for (const Counter& count : counts_) values.counts.push_back(count.value());
    values.sum = sum_.load(std::memory_order_relaxed);
    return values;
  }

 private:
  const std::array<double, N> bounds_;
  std::array<Counter, N + 1> counts_;
  std::atomic<double> sum_ = 0;
};

}  // namespace securechat
