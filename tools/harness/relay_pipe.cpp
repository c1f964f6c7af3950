#include "tools/harness/relay_pipe.hpp"

#include <boost/asio/write.hpp>

namespace monopod::harness {

relay_pipe::relay_pipe(socket& from, socket& to, options o)
    : from_(from), to_(to), options_(std::move(o)), link_timer_(from.get_executor()),
      flight_timer_(from.get_executor()) {}

void relay_pipe::start(std::weak_ptr<void> owner) {
  owner_ = std::move(owner);
  read();
}

void relay_pipe::stop() {
  stopped_ = ended_ = true;
  link_timer_.cancel();
  flight_timer_.cancel();
}

void relay_pipe::read() {
  if (reading_ || ended_ || held_bytes_ >= options_.waiting_bytes)
    return;
  reading_ = true;
  from_.async_read_some(boost::asio::buffer(buffer_),
                        [this, keep = owner_.lock()](const auto& error, std::size_t bytes) {
                          reading_ = false;
                          if (!stopped_)
                            arrived(error, bytes);
                        });
}

void relay_pipe::arrived(const boost::system::error_code& error, std::size_t bytes) {
  if (error) {
    ended_ = true;
    waiting_.push_back({.what = error == boost::asio::error::eof ? kind::end : kind::broken});
  } else {
    held_bytes_ += bytes;
    waiting_.push_back({.bytes = {buffer_.data(), buffer_.data() + bytes}});
  }
  enter_link();
  read();
}

// One piece of a direction at a time, so that all directions take turns.
void relay_pipe::enter_link() {
  while (!on_link_ && !waiting_.empty()) {
    if (options_.link == nullptr || waiting_.front().bytes.empty()) {
      leave_link(shared_link::clock::now());
      continue;
    }
    on_link_ = true;
    const auto passed = options_.link->pass(waiting_.front().bytes.size());
    link_timer_.expires_at(passed);
    link_timer_.async_wait([this, passed, keep = owner_.lock()](const auto&) {
      on_link_ = false;
      if (stopped_)
        return;
      leave_link(passed);
      enter_link();
    });
  }
}

void relay_pipe::leave_link(shared_link::clock::time_point passed) {
  waiting_.front().due = passed + options_.delay;
  flying_.push_back(std::move(waiting_.front()));
  waiting_.pop_front();
  fly();
}

void relay_pipe::fly() {
  if (landing_ || flying_.empty())
    return;
  landing_ = true;
  flight_timer_.expires_at(flying_.front().due);
  flight_timer_.async_wait([this, keep = owner_.lock()](const auto&) {
    if (!stopped_)
      land();
  });
}

void relay_pipe::land() {
  const auto& first = flying_.front();
  if (first.what != kind::bytes) {
    boost::system::error_code ignored;
    if (first.what == kind::end)
      to_.shutdown(socket::shutdown_send, ignored);
    options_.on_end(first.what == kind::broken);
    return;
  }
  boost::asio::async_write(to_, boost::asio::buffer(first.bytes),
                           [this, keep = owner_.lock()](const auto& error, std::size_t) {
                             if (!stopped_)
                               written(error);
                           });
}

void relay_pipe::written(const boost::system::error_code& error) {
  if (error) {
    options_.on_end(true);
    return;
  }
  held_bytes_ -= flying_.front().bytes.size();
  flying_.pop_front();
  landing_ = false;
  read();
  fly();
}

} // namespace monopod::harness
