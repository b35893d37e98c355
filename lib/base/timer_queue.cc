#include "base/timer_queue.h"

#include <utility>

namespace securechat {
namespace {

bool runs_before(std::int64_t a_ms, std::uint64_t a_order, std::int64_t b_ms,
                 std::uint64_t b_order) {
  return a_ms != b_ms ? a_ms < b_ms : a_order < b_order;
}

// Lowers the flag also when a callback throws: the timers left in due_ then run at the next call.
class RunningFlag {
 public:
  explicit RunningFlag(bool& flag) : flag_(flag) { flag_ = true; }
  ~RunningFlag() { flag_ = false; }
  RunningFlag(const RunningFlag&) = delete;
  RunningFlag& operator=(const RunningFlag&) = delete;

 private:
  bool& flag_;
};

}  // namespace

void Timer::start(TimerQueue& queue, std::int64_t at_ms) {
  cancel();
  at_ms_ = at_ms;
  queue.insert(*this);
}

void Timer::cancel() {
  if (queue_ != nullptr) {
    queue_->erase(*this);
  }
}

TimerQueue::~TimerQueue() {
  for (Timer* timer : heap_) {
    timer->queue_ = nullptr;
  }
  for (std::size_t i = due_next_; i < due_.size(); ++i) {
    if (due_[i] != nullptr) {
      due_[i]->queue_ = nullptr;
    }
  }
}

std::int64_t TimerQueue::next_ms() const {
  if (due_left_ != 0) {
    return INT64_MIN;  // A run was cut short; what it left is overdue.
  }
  return heap_.empty() ? kNever : heap_.front()->at_ms_;
}

std::size_t TimerQueue::run(std::int64_t now_ms) {
  if (running_) {
    return 0;
  }
  const RunningFlag running(running_);
  take_due(now_ms);
  std::size_t ran = 0;
  while (due_next_ < due_.size()) {
    Timer* timer = due_[due_next_++];
    if (timer == nullptr) {
      continue;
    }
    --due_left_;
    timer->queue_ = nullptr;
    timer->due_ = false;
    ++ran;
    timer->run_(timer->on_expiry_);  // The call may destroy the timer.
  }
  due_.clear();
  due_next_ = 0;
  return ran;
}

void TimerQueue::take_due(std::int64_t now_ms) {
  while (!heap_.empty() && heap_.front()->at_ms_ <= now_ms) {
    Timer* timer = heap_.front();
    due_.push_back(timer);
    remove_from_heap(0);
    timer->due_ = true;
    timer->index_ = static_cast<std::uint32_t>(due_.size() - 1);
    ++due_left_;
  }
}

void TimerQueue::insert(Timer& timer) {
  heap_.push_back(&timer);
  timer.queue_ = this;
  timer.due_ = false;
  timer.order_ = next_order_++;
  timer.index_ = static_cast<std::uint32_t>(heap_.size() - 1);
  sift_up(timer.index_);
}

void TimerQueue::erase(Timer& timer) {
  if (timer.due_) {
    due_[timer.index_] = nullptr;
    --due_left_;
  } else {
    remove_from_heap(timer.index_);
  }
  timer.due_ = false;
  timer.queue_ = nullptr;
}

void TimerQueue::remove_from_heap(std::size_t index) {
  Timer* last = heap_.back();
  heap_.pop_back();
  if (index < heap_.size()) {
    place(index, last);
    sift_up(index);
    sift_down(last->index_);
  }
}

void TimerQueue::place(std::size_t index, Timer* timer) {
  heap_[index] = timer;
  timer->index_ = static_cast<std::uint32_t>(index);
}

void TimerQueue::sift_up(std::size_t index) {
  Timer* timer = heap_[index];
  while (index > 0) {
    const std::size_t parent_index = (index - 1) / 2;
    Timer* parent = heap_[parent_index];
    if (!runs_before(timer->at_ms_, timer->order_, parent->at_ms_, parent->order_)) {
      break;
    }
    place(index, parent);
    index = parent_index;
  }
  place(index, timer);
}

void TimerQueue::sift_down(std::size_t index) {
  Timer* timer = heap_[index];
  for (;;) {
    std::size_t child_index = 2 * index + 1;
    if (child_index >= heap_.size()) {
      break;
    }
    if (child_index + 1 < heap_.size()) {
      const Timer* left = heap_[child_index];
      const Timer* right = heap_[child_index + 1];
      if (runs_before(right->at_ms_, right->order_, left->at_ms_, left->order_)) {
        ++child_index;
      }
    }
    Timer* child = heap_[child_index];
    if (!runs_before(child->at_ms_, child->order_, timer->at_ms_, timer->order_)) {
      break;
    }
    place(index, child);
    index = child_index;
  }
  place(index, timer);
}

}  // namespace securechat
