// The control's gateway: VEI's interface between cameras, NATS, vision applications and the cloud.
#pragma once

#include "actors/cloud/result_format.hpp"
#include "tools/control/bus_encoding.hpp"
#include "tools/control/call_server.hpp"
#include "tools/control/cloud_publisher.hpp"
#include "tools/control/habits/confirmation_inbox.hpp"
#include "tools/control/habits/confirmed_upload.hpp"
#include "tools/control/habits/departed_subscribers.hpp"
#include "tools/control/habits/endless_readers.hpp"
#include "tools/control/habits/habits.hpp"
#include "tools/control/habits/processor_turns.hpp"
#include "tools/control/health.grpc.pb.h"
#include "tools/control/metrics_endpoint.hpp"
#include "tools/control/nats_bus.hpp"
#include "tools/control/server_calls.hpp"
#include "tools/control/vei.grpc.pb.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace monopod::control {

struct gateway_options {
  std::string listen = "127.0.0.1:50051";
  std::string nats = "nats://127.0.0.1:4222";
  std::string cloud = "127.0.0.1:1883";
  std::string metrics; // empty: none
  config names;        // site and node
  int qos = 1;         // of results, 0 to 2
  bool vei_encoding = false;
  gateway_habits habits;
};

/// Runs until stop_requested is set. Throws std::runtime_error with the remedy if an address can't
/// be used.
int run_gateway(const gateway_options& o);

/// One thread serves all calls, and also writes to NATS and to the cloud; NATS's thread writes to
/// subscribers (completion.hpp says why). Created and destroyed on one other thread.
class gateway {
public:
  explicit gateway(const gateway_options& o);
  ~gateway();
  gateway(const gateway&) = delete;
  gateway& operator=(const gateway&) = delete;

private:
  using vei = VEIv1_0::VEIv1_0;
  using subscribing =
      vei::WithRawMethod_SubscribeImage<vei::WithRawMethod_SubscribeVisionOutput<vei::Service>>;
  using publishing = vei::WithAsyncMethod_PublishImage<
      vei::WithAsyncMethod_PublishVisionOutput<vei::WithAsyncMethod_PublishToCloud<subscribing>>>;
  using listing = vei::WithAsyncMethod_ListCameras<
      vei::WithAsyncMethod_ListApplications<vei::WithAsyncMethod_ListClouds<publishing>>>;
  using service = vei::WithAsyncMethod_DeleteCamera<listing>;
  using health = grpc::health::v1::Health;
  using health_check =
      exchange<grpc::health::v1::HealthCheckRequest, grpc::health::v1::HealthCheckResponse>;

  void take_habits(const gateway_habits& h);
  void start_servers(const gateway_options& o);
  void read_on(std::string_view stream, const std::string& peer);
  void declare_uploads();
  void declare_publish_to_cloud();
  void declare_downloads();
  void declare_exchanges();
  void declare_health();
  void begin_calls();
  void on_nats(bool connected);
  void say_whether_ready();

  std::string take_image(VEIv1_0::PubImageParams& p);
  std::string take_vision_output(VEIv1_0::PubVisionParams& p);
  std::string take_result(VEIv1_0::PubCloudParams& p, std::uint64_t number = 0);
  std::string publish(std::string_view subject, std::string_view name,
                      const google::protobuf::Message& message);
  template <class Message>
  std::unique_ptr<nats_bus::subscription> subscribe(std::string_view subject,
                                                    const std::string& name, nats_bus::receiver r,
                                                    std::string& refusal);

  const bus_encoding encoding_;
  topic_template topic_;
  std::atomic<std::uint64_t> frames_ = 0;       // from cameras
  std::atomic<std::uint64_t> slow_dropped_ = 0; // because a subscriber was slow
  std::atomic<bool> started_ = false;
  std::atomic<bool> nats_met_ = false; // at least once
  std::atomic<bool> cloud_met_ = false;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> stopping_ = false;

  // Habits: null without them.
  std::unique_ptr<processor_turns> turns_;
  std::unique_ptr<endless_readers> readers_;
  const bool answers_after_cloud_;
  confirmation_inbox confirmations_;

  // On the completion queue's thread.
  std::set<std::string, std::less<>> cameras_;      // seen here; at most limits::cameras
  std::set<std::string, std::less<>> applications_; // at most limits::apps
  VEIv1_0::ImageData image_;
  VEIv1_0::VisionOutput output_;
  std::string text_;
  std::string topic_text_;

  service service_;
  health::WithAsyncMethod_Check<health::Service> health_;
  upload<VEIv1_0::PubImageParams>::method publish_image_;
  upload<VEIv1_0::PubVisionParams>::method publish_vision_output_;
  upload<VEIv1_0::PubCloudParams>::method publish_to_cloud_;
  confirmed_upload::method publish_to_cloud_confirmed_{{}, {}, confirmations_};
  download::method subscribe_image_{{}, {}, slow_dropped_};
  download::method subscribe_vision_output_{{}, {}, slow_dropped_};
  exchange<VEIv1_0::CameraID, VEIv1_0::ErrorResponse>::method delete_camera_;
  exchange<google::protobuf::Empty, VEIv1_0::CameraList>::method list_cameras_;
  exchange<google::protobuf::Empty, VEIv1_0::ApplicationList>::method list_applications_;
  exchange<google::protobuf::Empty, VEIv1_0::CloudList>::method list_clouds_;
  health_check::method check_health_;
  call_list calls_;

  // The members below end in the opposite order.
  std::unique_ptr<nats_bus> bus_;
  std::unique_ptr<departed_subscribers> departed_; // null without that habit
  std::unique_ptr<cloud_publisher> cloud_;
  std::unique_ptr<metrics_endpoint> metrics_;
  call_server server_;
};

} // namespace monopod::control
