// Work on several threads: tasks that are given one after another, or one for each index of a list.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace afdc {

/// Runs tasks on a fixed number of workers: threads of its own, and the thread that gives the tasks, which runs one
/// itself whenever enough of them wait and helps until the last one is done. In what order tasks run is not said: a
/// caller whose results must not depend on it writes each result to a place of its own.
class Tasks {
 public:
  /// A task is told which worker runs it, from 0, the calling thread, to `workers() - 1`. A worker runs one task at a
  /// time, so what is kept for each worker needs no lock.
  using Task = std::function<void(size_t worker)>;

  /// More threads than this are of no use to anybody, and each costs memory.
  static constexpr size_t kMost = 256;

  /// 0 threads: as many as the machine runs at the same time. The calling thread is one of them.
  explicit Tasks(size_t threads = 0);
  /// Waits for tasks that run; those that have not begun are dropped.
  ~Tasks();
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;

  size_t workers() const { return threads_.size() + 1; }

  /// Hands a task to the next free worker. One thread gives all tasks.
  void give(Task task);
  /// Returns when all tasks that were given are done. If any of them threw, the exception of the one that was given
  /// first is thrown here.
  void finish();

  /// `work(index, worker)` for every index below `count`, all done when it returns; exceptions as from `finish`.
  void forEach(size_t count, const std::function<void(size_t index, size_t worker)>& work);

 private:
  struct Given {
    size_t number;
    Task task;
  };
  void serve(size_t worker);
  void run(Given given, size_t worker);
  /// Takes the task that has waited longest and runs it; false when none waits. `lock` is held before and after.
  bool runNext(std::unique_lock<std::mutex>& lock, size_t worker);

  std::mutex mutex_;
  std::condition_variable arrived_;  ///< a task came, or no more will come
  std::condition_variable idle_;     ///< no task runs
  std::deque<Given> waiting_;
  size_t given_ = 0, running_ = 0;
  bool closed_ = false;
  std::exception_ptr error_;
  size_t errorOf_ = 0;  ///< the number of the task that threw `error_`
  std::vector<std::jthread> threads_;
};

}  // namespace afdc
