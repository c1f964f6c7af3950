#include "tools/control/gateway.hpp"

#include "core/host_port.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/names.hpp"
#include "tools/control/stop_signals.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace monopod::control {

namespace {

constexpr std::string_view image_subject = "vei.image.";
constexpr std::string_view vision_subject = "vei.vision.";
constexpr const char* cloud_name = "local";
constexpr const char* health_name = "VEIv1_0.VEIv1_0";

// How long broken calls may take to end.
constexpr std::chrono::milliseconds patience_with_calls{2000};

cloud_publisher::options cloud_of(const gateway_options& o) {
  const auto at = split_host_port(o.cloud);
  if (!at || !at->number())
    throw std::runtime_error("'" + o.cloud + "' is no address: use --cloud HOST:PORT");
  return {.host = std::string(at->host),
          .port = *at->number(),
          .client_id = "monopod-control-" + o.names.site + "-" + o.names.node + "-" +
                       std::to_string(getpid()),
          .qos = o.qos};
}

// The request of a download; nothing if it can't be parsed.
template <class Request>
std::optional<Request> parse(const grpc::ByteBuffer& bytes) {
  grpc::ByteBuffer copy(bytes); // copies no bytes, only counts references
  Request request;
  if (!grpc::SerializationTraits<Request>::Deserialize(&copy, &request).ok())
    return std::nullopt;
  return request;
}

// Adds the name to `names`; false if it is not there and there is no room for it.
bool remember(std::set<std::string, std::less<>>& names, std::string_view name, std::size_t limit) {
  if (names.contains(name))
    return true;
  if (names.size() >= limit)
    return false;
  names.emplace(name);
  return true;
}

} // namespace

gateway::gateway(const gateway_options& o)
    : encoding_(o.vei_encoding ? bus_encoding::vei_json : bus_encoding::protobuf),
      topic_(cloud_config{}.topic, o.names, cloud_name),
      answers_after_cloud_(o.habits.answers_after_cloud),
      server_(o.listen, {&service_, &health_}, o.habits.liveness) {
  take_habits(o.habits);
  start_servers(o);
  declare_uploads();
  declare_publish_to_cloud();
  declare_downloads();
  declare_exchanges();
  declare_health();
  begin_calls();
  server_.start(turns_.get());
  started_ = true;
  say_whether_ready();
}

// A regular stop cuts streams, lets subscribers go and leaves results unconfirmed: no habit counts
// them.
gateway::~gateway() {
  stopping_ = true;
  if (departed_ != nullptr)
    departed_->stop();
  confirmations_.close();
  if (readers_ != nullptr)
    readers_->stop();
  server_.break_off();
  if (!calls_.wait_until_none(patience_with_calls))
    log_warn("gateway", "not all calls have ended");
}

void gateway::take_habits(const gateway_habits& h) {
  if (h.reads_on) {
    turns_ = std::make_unique<processor_turns>();
    readers_ = std::make_unique<endless_readers>(*turns_);
    publish_image_.cut = [this](const auto& peer) { read_on("PublishImage", peer); };
    publish_vision_output_.cut = [this](const auto& peer) { read_on("PublishVisionOutput", peer); };
  }
  if (h.ends_with_subscriber)
    departed_ = std::make_unique<departed_subscribers>();
  for (auto* m : {&subscribe_image_, &subscribe_vision_output_}) {
    m->departed = departed_.get();
    if (h.queues_without_bound)
      m->waiting_messages = std::numeric_limits<std::size_t>::max();
  }
}

void gateway::read_on(std::string_view stream, const std::string& peer) {
  if (!stopping_)
    readers_->read_on(stream, peer);
}

void gateway::start_servers(const gateway_options& o) {
  auto cloud = cloud_of(o);
  cloud.on_connected = [this] {
    cloud_met_ = true;
    say_whether_ready();
  };
  if (answers_after_cloud_)
    cloud.on_settled = [this, queue = server_.queue()](std::uint64_t number, bool confirmed) {
      confirmations_.arrived(number, queue, confirmed);
    };
  bus_ = std::make_unique<nats_bus>(
      nats_bus::options{.urls = o.nats,
                        .liveness = o.habits.liveness,
                        .on_connection = [this](bool up) { on_nats(up); },
                        .turns = turns_.get()});
  cloud_ = std::make_unique<cloud_publisher>(std::move(cloud));
  metrics_ = std::make_unique<metrics_endpoint>(
      o.metrics,
      std::vector<read_counter>{
          {"monopod_control_frames_total", "Frames from cameras",
           [this] { return frames_.load(); }},
          {"monopod_control_published_total", "Results handed to the cloud",
           [this] { return cloud_->published(); }},
          {"monopod_control_nats_dropped_total", "Messages that NATS did not get",
           [this] { return bus_->dropped(); }},
          {"monopod_control_subscriber_dropped_total", "Messages that slow subscribers did not get",
           [this] { return slow_dropped_.load(); }},
          {"monopod_control_cloud_dropped_total", "Results that the cloud did not get",
           [this] { return cloud_->dropped(); }},
          {"monopod_control_endless_reads_total", "Streams that were cut and are read on for ever",
           [this] { return readers_ != nullptr ? readers_->count() : 0; }}});
}

void gateway::begin_calls() {
  calls_.begin<upload<VEIv1_0::PubImageParams>>(publish_image_);
  calls_.begin<upload<VEIv1_0::PubVisionParams>>(publish_vision_output_);
  if (answers_after_cloud_)
    calls_.begin<confirmed_upload>(publish_to_cloud_confirmed_);
  else
    calls_.begin<upload<VEIv1_0::PubCloudParams>>(publish_to_cloud_);
  calls_.begin<download>(subscribe_image_);
  calls_.begin<download>(subscribe_vision_output_);
  calls_.begin<exchange<VEIv1_0::CameraID, VEIv1_0::ErrorResponse>>(delete_camera_);
  calls_.begin<exchange<google::protobuf::Empty, VEIv1_0::CameraList>>(list_cameras_);
  calls_.begin<exchange<google::protobuf::Empty, VEIv1_0::ApplicationList>>(list_applications_);
  calls_.begin<exchange<google::protobuf::Empty, VEIv1_0::CloudList>>(list_clouds_);
  calls_.begin<health_check>(check_health_);
}

void gateway::on_nats(bool connected) {
  nats_met_ = nats_met_ || connected;
  say_whether_ready();
}

// Says so once; on any thread.
void gateway::say_whether_ready() {
  if (started_ && nats_met_ && cloud_met_ && !ready_.exchange(true))
    log_info("gateway", "ready");
}

void gateway::declare_uploads() {
  publish_image_.accept = [this](auto* context, auto* reader, void* tag) {
    service_.RequestPublishImage(context, reader, server_.queue(), server_.queue(), tag);
  };
  publish_image_.take = [this](auto& p) { return take_image(p); };
  publish_vision_output_.accept = [this](auto* context, auto* reader, void* tag) {
    service_.RequestPublishVisionOutput(context, reader, server_.queue(), server_.queue(), tag);
  };
  publish_vision_output_.take = [this](auto& p) { return take_vision_output(p); };
}

void gateway::declare_publish_to_cloud() {
  publish_to_cloud_.accept =
      publish_to_cloud_confirmed_.accept = [this](auto* context, auto* reader, void* tag) {
        service_.RequestPublishToCloud(context, reader, server_.queue(), server_.queue(), tag);
      };
  publish_to_cloud_.take = [this](auto& p) { return take_result(p); };
  publish_to_cloud_confirmed_.take = [this](auto& p, std::uint64_t number) {
    return take_result(p, number);
  };
}

void gateway::declare_downloads() {
  subscribe_image_.accept = [this](auto* context, auto* request, auto* writer, void* tag) {
    service_.RequestSubscribeImage(context, request, writer, server_.queue(), server_.queue(), tag);
  };
  subscribe_image_.subscribe = [this](const auto& bytes, auto receiver, auto& refusal) {
    const auto request = parse<VEIv1_0::SubImageParams>(bytes);
    return subscribe<VEIv1_0::ImageData>(image_subject, request ? request->cameraid() : "",
                                         std::move(receiver), refusal);
  };
  subscribe_vision_output_.accept = [this](auto* context, auto* request, auto* writer, void* tag) {
    service_.RequestSubscribeVisionOutput(context, request, writer, server_.queue(),
                                          server_.queue(), tag);
  };
  subscribe_vision_output_.subscribe = [this](const auto& bytes, auto receiver, auto& refusal) {
    const auto request = parse<VEIv1_0::SubVisionParams>(bytes);
    return subscribe<VEIv1_0::VisionOutput>(vision_subject, request ? request->visionappname() : "",
                                            std::move(receiver), refusal);
  };
}

// Each replica of the gateway lists the cameras and applications that it has seen itself.
void gateway::declare_exchanges() {
  delete_camera_ = {[this](auto* context, auto* request, auto* responder, void* tag) {
                      service_.RequestDeleteCamera(context, request, responder, server_.queue(),
                                                   server_.queue(), tag);
                    },
                    [this](const auto& request, auto& reply) {
                      if (cameras_.erase(request.cameraid()) == 0)
                        reply.set_errormsg("no camera " + request.cameraid() +
                                           ": ListCameras names them");
                      return grpc::Status::OK;
                    }};
  list_cameras_ = {[this](auto* context, auto* request, auto* responder, void* tag) {
                     service_.RequestListCameras(context, request, responder, server_.queue(),
                                                 server_.queue(), tag);
                   },
                   [this](const auto&, auto& reply) {
                     for (const auto& name : cameras_)
                       reply.add_cameraid(name);
                     return grpc::Status::OK;
                   }};
  list_applications_ = {[this](auto* context, auto* request, auto* responder, void* tag) {
                          service_.RequestListApplications(context, request, responder,
                                                           server_.queue(), server_.queue(), tag);
                        },
                        [this](const auto&, auto& reply) {
                          for (const auto& name : applications_)
                            reply.add_applicationname(name);
                          return grpc::Status::OK;
                        }};
  list_clouds_ = {[this](auto* context, auto* request, auto* responder, void* tag) {
                    service_.RequestListClouds(context, request, responder, server_.queue(),
                                               server_.queue(), tag);
                  },
                  [](const auto&, auto& reply) {
                    reply.add_cloudprovider(cloud_name);
                    return grpc::Status::OK;
                  }};
}

// The server is healthy as long as it answers, and its service while it can pass frames on. This
// is not gRPC's own implementation: its threads and ours would take turns in waiting for the
// sockets, which costs each frame five switches between them.
void gateway::declare_health() {
  check_health_ = {[this](auto* context, auto* request, auto* responder, void* tag) {
                     health_.RequestCheck(context, request, responder, server_.queue(),
                                          server_.queue(), tag);
                   },
                   [this](const auto& request, auto& reply) {
                     if (!request.service().empty() && request.service() != health_name)
                       return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such service");
                     const bool serves = request.service().empty() || bus_->connected();
                     reply.set_status(serves ? grpc::health::v1::HealthCheckResponse::SERVING
                                             : grpc::health::v1::HealthCheckResponse::NOT_SERVING);
                     return grpc::Status::OK;
                   }};
}

std::string gateway::take_image(VEIv1_0::PubImageParams& p) {
  if (!valid_name(p.cameraid()))
    return std::string("cameraID: ") + name_rule;
  if (!remember(cameras_, p.cameraid(), limits::cameras))
    return "too many cameras: delete some";
  ++frames_;
  image_.mutable_image()->swap(*p.mutable_image());
  image_.mutable_timestamp()->swap(*p.mutable_timestamp());
  return publish(image_subject, p.cameraid(), image_);
}

std::string gateway::take_vision_output(VEIv1_0::PubVisionParams& p) {
  if (!valid_name(p.visionappname()))
    return std::string("visionAppName: ") + name_rule;
  if (!remember(applications_, p.visionappname(), limits::apps))
    return "too many applications";
  output_.mutable_visionoutput()->Swap(p.mutable_visionoutput());
  output_.mutable_timestamp()->swap(*p.mutable_timestamp());
  return publish(vision_subject, p.visionappname(), output_);
}

std::string gateway::publish(std::string_view subject, std::string_view name,
                             const google::protobuf::Message& message) {
  if (!encode(message, encoding_, text_))
    return "a text is not UTF-8";
  bus_->publish(std::string(subject).append(name), text_);
  return {};
}

std::string gateway::take_result(VEIv1_0::PubCloudParams& p, std::uint64_t number) {
  const std::string_view name = p.analyticsname();
  const auto slash = std::min(name.find('/'), name.size());
  const auto camera = name.substr(0, slash);
  const auto app = name.substr(std::min(slash + 1, name.size()));
  if (!valid_name(camera) || !valid_name(app))
    return "analyticsName: use CAMERA/APP";
  if (!p.cloudprovider().empty() && p.cloudprovider() != cloud_name)
    return "no cloud " + p.cloudprovider() + ": ListClouds names them";
  if (!remember(applications_, app, limits::apps))
    return "too many applications";
  topic_.expand(topic_text_, camera, app);
  for (auto& result : *p.mutable_analyticaloutput())
    cloud_->publish(topic_text_, std::move(result), number);
  return {};
}

template <class Message>
std::unique_ptr<nats_bus::subscription>
gateway::subscribe(std::string_view subject, const std::string& name, nats_bus::receiver r,
                   std::string& refusal) {
  if (!valid_name(name)) {
    Message last;
    last.set_error("the name" + std::string(name_rule));
    refusal = last.SerializeAsString();
    return nullptr;
  }
  return bus_->subscribe(
      std::string(subject).append(name),
      [this, pass_on = std::move(r), scratch = std::make_shared<Message>()](const payload& bytes) {
        pass_on(decode(bytes, encoding_, *scratch));
      });
}

int run_gateway(const gateway_options& o) {
  const stop_signals signals;
  const gateway g(o);
  signals.wait();
  return 0;
}

} // namespace monopod::control
