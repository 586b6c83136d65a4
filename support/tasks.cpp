#include "support/tasks.h"

#include <algorithm>
#include <utility>

namespace afdc {

namespace {

/// With as many tasks waiting, the giving thread runs one itself: none of the others is idle then, and memory is
/// bounded.
constexpr size_t kMostWaiting = 32;

}  // namespace

Tasks::Tasks(size_t threads) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  threads = std::min(threads, kMost);
  for (size_t worker = 1; worker < threads; ++worker) threads_.emplace_back([this, worker] { serve(worker); });
}

Tasks::~Tasks() {
  {
    std::lock_guard lock(mutex_);
    waiting_.clear();
    closed_ = true;
  }
  arrived_.notify_all();
}

void Tasks::give(Task task) {
  Given given{0, std::move(task)};
  {
    std::lock_guard lock(mutex_);
    given.number = given_++;
    if (!threads_.empty() && waiting_.size() < kMostWaiting) {
      waiting_.push_back(std::move(given));
      arrived_.notify_one();
      return;
    }
  }
  run(std::move(given), 0);
}

void Tasks::finish() {
  std::unique_lock lock(mutex_);
  while (runNext(lock, 0)) {
  }
  idle_.wait(lock, [&] { return running_ == 0; });
  if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

void Tasks::forEach(size_t count, const std::function<void(size_t, size_t)>& work) {
  for (size_t index = 0; index < count; ++index) give([&work, index](size_t worker) { work(index, worker); });
  finish();
}

void Tasks::serve(size_t worker) {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
    if (!runNext(lock, worker) && closed_) return;
  }
}

bool Tasks::runNext(std::unique_lock<std::mutex>& lock, size_t worker) {
  if (waiting_.empty()) return false;
  Given given = std::move(waiting_.front());
  waiting_.pop_front();
  ++running_;
  lock.unlock();
  run(std::move(given), worker);
  lock.lock();
  if (--running_ == 0) idle_.notify_all();
  return true;
}

void Tasks::run(Given given, size_t worker) {
  try {
    given.task(worker);
  } catch (...) {
    std::lock_guard lock(mutex_);
    if (!error_ || given.number < errorOf_) {
      error_ = std::current_exception();
      errorOf_ = given.number;
    }
  }
}

}  // namespace afdc
