#include "tools/experiment/carriers/pod_clients.hpp"

#include "tools/load/fleet.hpp"

namespace monopod::experiment {

namespace {

// Cameras do what live cameras do: if the window is full, the oldest frame makes room.
class pod_sender final : public frame_sender {
public:
  pod_sender(const std::string& address, std::size_t cameras)
      : cameras_(address, "cam", cameras, {}, {.frames = 64, .full = full_policy::drop_oldest}) {}
  void send(std::size_t camera, const payload& body) override { cameras_.publish(camera, body); }
  void look_after(std::size_t camera) override { cameras_.poll(camera); }

private:
  fleet cameras_;
};

} // namespace

std::unique_ptr<frame_sender> pod_cameras(const std::string& servers, std::size_t cameras) {
  return std::make_unique<pod_sender>(servers, cameras);
}

void receive_by_pod(const std::string& servers, const subscription_use& use,
                    const std::function<void()>& subscribed,
                    const std::function<bool(const void*, std::size_t)>& take) {
  constexpr int silence_ms = 10'000;
  app_connection connection(
      {.server = servers, .app = "receiver", .policy = use.policy, .credit = use.credit});
  while (connection.stats().attached == 0)
    connection.next(10);
  subscribed();
  while (const auto frame = connection.next(silence_ms)) {
    const bool more = take(frame->jpeg.bytes().data(), frame->jpeg.size_bytes());
    connection.answer(*frame, {});
    if (!more)
      break;
  }
  connection.flush(1000);
}

} // namespace monopod::experiment
