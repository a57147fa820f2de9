#include "net/io_thread.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <utility>

namespace millrace {

IoThread::~IoThread() {
  join();
}

void IoThread::start(const std::string& name) {
  thread_ = std::thread([this] { io_.run(); });
  pthread_setname_np(thread_.native_handle(), name.c_str());
}

void IoThread::post(std::function<void()> task) {
  boost::asio::post(io_, std::move(task));
}

void IoThread::join() {
  work_.reset();
  if (thread_.joinable()) thread_.join();
}

}  // namespace millrace
