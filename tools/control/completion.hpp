// The completions of gRPC's asynchronous operations.
#pragma once

#include <grpcpp/completion_queue.h>

namespace monopod::control {

/// The tag of an operation on a completion queue; must outlive the operation.
class completion {
public:
  virtual ~completion() = default;
  /// `ok` has gRPC's meaning for the operation; false means that it did not happen. Called on the
  /// queue's thread.
  virtual void done(bool ok) = 0;
};

/// A completion that calls a member function of its owner, which may destroy itself there.
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

/// Runs completions until the queue is shut down and empty. Each process has one such thread, and
/// no other thread polls: the thread that reads a message from its socket also handles it, and no
/// other is woken.
inline void run_completions(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok))
    static_cast<completion*>(tag)->done(ok);
}

} // namespace monopod::control
