#include "pipeline/task_thread.hpp"

#include <pthread.h>

#include <utility>

namespace millrace {

TaskThread::TaskThread(const std::string& name) : thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), name.c_str());
}

TaskThread::~TaskThread() {
  stop();
}

void TaskThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void TaskThread::post(Task task) {
  add(Clock::now(), std::move(task));
}

Scheduler::TimerId TaskThread::after(std::chrono::milliseconds delay, Task task) {
  return add(Clock::now() + delay, std::move(task));
}

void TaskThread::cancel(TimerId timer) {
  const std::lock_guard lock(mutex_);
  const auto found = times_.find(timer);
  if (found == times_.end()) return;
  tasks_.erase({found->second, timer});
  times_.erase(found);
}

Scheduler::TimerId TaskThread::add(Clock::time_point when, Task task) {
  TimerId id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = next_++;
    tasks_.emplace(Key{when, id}, std::move(task));
    times_.emplace(id, when);
  }
  changed_.notify_one();
  return id;
}

void TaskThread::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (tasks_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = tasks_.begin();
    if (first->first.first > Clock::now()) {
      changed_.wait_until(lock, first->first.first);
      continue;
    }
    Task task = std::move(first->second);
    times_.erase(first->first.second);
    tasks_.erase(first);
    lock.unlock();
    task();
    task = nullptr;  // what it holds is released outside the lock
    lock.lock();
  }
}

}  // namespace millrace
