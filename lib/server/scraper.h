#pragma once

#include <string>
#include <utility>

#include "base/task.h"
#include "base/worker_pool.h"
#include "server/metrics.h"

namespace securechat::server {

// Asks for the metrics on a thread of its own, so that no loop waits for the operating system.
class Scraper {
 public:
  // `metrics` outlives it.
  explicit Scraper(const Metrics& metrics) : metrics_(metrics) {}

  // Any thread. `done` runs on the scraper's. False, and `done` is destroyed, when many wait.
  bool scrape(UniqueFunction<void(std::string text)> done) {
    return thread_.try_submit([this, done = std::move(done)]() mutable { done(metrics_.text()); });
  }
  // What was begun is answered first.
  void stop() { thread_.stop(); }

 private:
  static constexpr std::size_t kWaiting = 8;

  const Metrics& metrics_;
  WorkerPool thread_{1, kWaiting};
};

}  // namespace securechat::server
