// gRPC's asynchronous operations: what happens when one has completed.
#pragma once

#include <grpcpp/completion_queue.h>

namespace monopod::control {

/// The tag of an operation on a completion queue; must outlive the operation.
class completion {
public:
  virtual ~completion() = default;
  /// `ok` as gRPC means it for the operation; false: it did not happen. On the queue's thread.
  virtual void done(bool ok) = 0;
};

/// The completion that is a step of its owner, which may destroy itself in it.
template <class Owner>
class step final : public completion {
public:
  using function = void (Owner::*)(bool ok);
  step(Owner& owner, function then) : owner_(owner), then_(then) {}
  void done(bool ok) override { (owner_.*then_)(ok); }

private:
  Owner& owner_;
  function then_;
};

/// Runs completions until the queue is shut down and empty. One thread for each process, with
/// nobody else who polls: then the thread that reads a message from its socket is the one that
/// deals with it, and no other is woken.
inline void run_completions(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok))
    static_cast<completion*>(tag)->done(ok);
}

} // namespace monopod::control
