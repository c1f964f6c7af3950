#include "tools/control/server_calls.hpp"

#include "core/log.hpp"

namespace monopod::control {

namespace {

// Shares the message's bytes for as long as gRPC needs them.
grpc::ByteBuffer to_byte_buffer(const payload& message) {
  const auto release = [](void* owner) { delete static_cast<payload*>(owner); };
  const grpc::Slice bytes(const_cast<std::byte*>(message.bytes().data()), message.size_bytes(),
                          release, new payload(message));
  return {&bytes, 1};
}

} // namespace

download::download(call_list& calls, const method& m)
    : calls_(calls), method_(m), waiting_(m.waiting_messages) {
  context_.AsyncNotifyWhenDone(&left_);
  method_.accept(&context_, &request_, &writer_, &accepted_);
}

void download::accepted(bool ok) {
  if (!ok) {
    calls_.end(*this);
    return;
  }
  calls_.begin<download>(method_);
  std::string refusal;
  subscription_ = method_.subscribe(
      request_, [this](const payload& message) { push(message); }, refusal);
  if (subscription_ != nullptr) {
    writer_.SendInitialMetadata(&written_);
    return;
  }
  const grpc::Slice bytes(refusal);
  writer_.WriteAndFinish({&bytes, 1}, {}, grpc::Status::OK, &written_);
}

void download::push(const payload& message) {
  if (message.empty())
    return; // any client of NATS may have sent it
  const std::lock_guard lock(mutex_);
  if (!writing_ && !gone_) {
    write(message);
  } else if (!waiting_.push(message)) {
    ++method_.dropped;
    log_limited(log_level::warn, "gateway", "a subscriber is slow: its oldest message is dropped",
                {{"peer", context_.peer()}, {"dropped", waiting_.dropped()}});
  }
}

void download::write(const payload& message) {
  writing_ = writing_message_ = true;
  writer_.Write(to_byte_buffer(message), &written_);
}

void download::written(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok && writing_message_ && method_.departed != nullptr)
      method_.departed->write_failed(context_.peer());
    if (ok && !gone_ && !waiting_.empty())
      write(waiting_.pop());
    if (!gone_ || writing_)
      return;
  }
  calls_.end(*this);
}

void download::left(bool) {
  if (method_.departed != nullptr && subscription_ != nullptr)
    remember_departure();
  subscription_.reset(); // no more messages are pushed
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    if (writing_)
      return; // written() will end the call
  }
  calls_.end(*this);
}

// The next message can't be written, and maybe one waits already.
void download::remember_departure() {
  if (method_.departed->stopping())
    return;
  const auto failed = [departed = method_.departed, peer = context_.peer()](const payload& p) {
    if (!p.empty()) // else it can't be read, and is written to nobody
      departed->write_failed(peer);
  };
  std::string ignored;
  method_.departed->keep(method_.subscribe(request_, failed, ignored));
  const std::lock_guard lock(mutex_);
  if (!waiting_.empty())
    failed(waiting_.front());
}

} // namespace monopod::control
