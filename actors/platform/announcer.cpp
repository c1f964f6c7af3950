#include "actors/platform/announcer.hpp"

#include "core/host_port.hpp"
#include "core/limits.hpp"
#include "core/log.hpp"

#include <chrono>
#include <utility>

namespace monopod {

namespace {

constexpr const char* announcer_place = "announcer";
constexpr std::chrono::milliseconds request_retry{500};
constexpr long ok = 200;
constexpr long created = 201;
constexpr long forbidden = 403;
constexpr long not_found = 404;
constexpr long conflict = 409;

void add_port(primary_slice& to, const char* name, const std::vector<std::string>& endpoints) {
  for (const auto& e : endpoints) {
    const auto parts = split_tcp_endpoint(e);
    if (const auto number = parts ? parts->number() : std::nullopt) {
      to.ports.push_back({name, *number});
      return; // each port name is given once
    }
  }
}

} // namespace

announcer::announcer(const config& conf, const kubernetes_access& access)
    : api_(access), slice_{.service = conf.kubernetes.service,
                           .address = conf.kubernetes.address,
                           .node = conf.node,
                           .epoch = 0,
                           .ports = {}} {
  add_port(slice_, "cameras", conf.gateway.listen);
  add_port(slice_, "apps", conf.broker.listen);
  if (slice_.address.empty())
    log_error(announcer_place,
              "kubernetes.address is empty, so no client learns which pod is primary: set "
              "MONOPOD_KUBERNETES_ADDRESS from the field status.podIP",
              {{"service", slice_.service}});
  else if (api_.name_space().empty())
    log_error(announcer_place,
              "this is not a pod with a service account: no client learns which pod is primary",
              {{"service", slice_.service}});
  else
    thread_ = std::thread([this] { run(); });
}

announcer::~announcer() {
  {
    const std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable())
    thread_.join();
}

void announcer::serves(std::uint64_t epoch) {
  {
    const std::lock_guard guard{mutex_};
    epoch_ = epoch;
  }
  changed_.notify_one();
}

void announcer::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    const auto due = [this] { return stopping_ || (epoch_ != 0 && epoch_ != written_); };
    if (named_) // it is looked at again: applying the manifest empties it
      changed_.wait_for(lock, std::chrono::milliseconds(limits::slice_look_ms), due);
    else
      changed_.wait(lock, due);
    if (stopping_)
      return;
    const auto epoch = epoch_;
    if (epoch == 0) {
      named_ = false;
      continue;
    }
    lock.unlock();
    const auto done = write(epoch);
    lock.lock();
    named_ = done == outcome::written;
    written_ = done == outcome::failed ? 0 : epoch;
    if (done == outcome::failed)
      changed_.wait_for(lock, request_retry, [&] { return stopping_ || epoch_ != epoch; });
  }
}

// Learns which of the two versions the cluster has.
void announcer::learn_api() {
  const auto a = api_.request("GET", "/apis/discovery.k8s.io/v1");
  if (a.status == ok)
    version_ = slice_api::v1;
  else if (a.status == not_found)
    version_ = slice_api::v1beta1;
}

announcer::outcome announcer::write(std::uint64_t epoch) {
  if (!version_)
    learn_api();
  const auto api = version_.value_or(slice_api::v1);
  const std::string all = std::string("/apis/discovery.k8s.io/") +
                          (api == slice_api::v1 ? "v1" : "v1beta1") + "/namespaces/" +
                          api_.name_space() + "/endpointslices";
  const auto one = all + "/" + slice_.name();
  slice_.epoch = epoch;
  auto a = api_.request("GET", one);
  if (a.status == not_found) {
    a = api_.request("POST", all, to_json(slice_, api, ""));
  } else if (a.status == ok) {
    const auto there = read_slice(a.body);
    if (there && there->epoch > epoch) {
      log_warn(announcer_place, "the slice already names a later primary",
               {{"epoch", epoch}, {"its", there->epoch}});
      return outcome::outdated;
    }
    if (there && there->epoch == epoch && there->address == slice_.address)
      return outcome::written;
    if (there)
      a = api_.request("PUT", one, to_json(slice_, api, there->resource_version));
    else
      a = {.status = 0, .body = {}, .error = "the answer is not an EndpointSlice"};
  }
  if (a.status == ok || a.status == created) {
    log_info(announcer_place, "named as the primary",
             {{"service", slice_.service}, {"address", slice_.address}, {"epoch", epoch}});
    last_error_.clear();
    return outcome::written;
  }
  const auto error = a.status == 0 ? a.error : "HTTP " + std::to_string(a.status);
  // A conflict means that another writer was first: the next attempt sees what it wrote.
  if (a.status != conflict && error != last_error_)
    log_warn(announcer_place, "the API server does not accept the primary's address; retrying",
             {{"error", error}, {"slice", slice_.name()}});
  // The role in k8s/base may change the slice, but not create one.
  if (a.status == forbidden && error != last_error_)
    log_error(announcer_place, "there is no EndpointSlice to write to: apply k8s/slice again",
              {{"slice", slice_.name()}});
  last_error_ = error;
  return outcome::failed;
}

} // namespace monopod
