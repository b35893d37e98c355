#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <vector>

namespace securechat {

class TimerQueue;

// One deadline of its owner. Destroying it cancels it. Not copyable or movable: the queue points
// at it. Lives on the thread of its queue.
class Timer {
 public:
  // What to do is a lambda over a pointer or two, kept inside: every connection has several timers,
  // and the call may destroy its own.
  template <typename F>
  requires(std::is_trivially_copyable_v<F> && sizeof(F) <= 2 * sizeof(void*) &&
           std::is_invocable_v<F&>) explicit Timer(F on_expiry)
      : run_([](Expiry expiry) { (*std::launder(reinterpret_cast<F*>(expiry.data())))(); }) {
    new (on_expiry_.data()) F(on_expiry);
  }
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // (Re)starts the timer for an absolute time of the queue's monotonic clock.
  void start(TimerQueue& queue, std::int64_t at_ms);
  void cancel();
  [[nodiscard]] bool active() const { return queue_ != nullptr; }
  [[nodiscard]] std::int64_t at_ms() const { return at_ms_; }

 private:
  friend class TimerQueue;
  struct alignas(void*) Expiry : std::array<std::byte, 2 * sizeof(void*)> {};

  void (*run_)(Expiry);
  Expiry on_expiry_ = {};
  TimerQueue* queue_ = nullptr;
  std::uint32_t index_ = 0;  // Where the queue points at it: in heap_, or in due_ when due.
  bool due_ = false;         // Taken out of the heap by a run that has not reached it yet.
  std::uint64_t order_ = 0;  // Timers of one deadline run in the order of their starts.
  std::int64_t at_ms_ = 0;
};

// All deadlines of one thread in one heap. libwebsockets inserts its own timers into a sorted
// list, O(n) each; this costs O(log n) and tells the loop the exact next expiry, so that an idle
// server does not wake. An expiry callback may start, cancel or destroy any timer, its own too.
class TimerQueue {
 public:
  static constexpr std::int64_t kNever = INT64_MAX;

  TimerQueue() = default;
  // Cancels what is left, so that a timer may outlive its queue.
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // The earliest deadline, or kNever.
  [[nodiscard]] std::int64_t next_ms() const;
  // Runs every timer that is due at `now_ms`, earliest first; returns how many ran. A timer that a
  // callback starts for a time that has passed runs at the next call, so that a call always ends.
  // Inside a callback it does nothing and returns 0.
  std::size_t run(std::int64_t now_ms);
  // Timers that are started and have not run.
  [[nodiscard]] std::size_t size() const { return heap_.size() + due_left_; }

 private:
  friend class Timer;
  void insert(Timer& timer);
  void erase(Timer& timer);
  void take_due(std::int64_t now_ms);
  void remove_from_heap(std::size_t index);
  void place(std::size_t index, Timer* timer);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);

  std::vector<Timer*> heap_;
  std::vector<Timer*> due_;  // What the current run runs; null where it was cancelled meanwhile.
  std::size_t due_next_ = 0;
  std::size_t due_left_ = 0;
  bool running_ = false;
  std::uint64_t next_order_ = 0;
};

}  // namespace securechat
