#include "tools/experiment/carriers/carrier.hpp"
#include "tools/harness/process.hpp"

#include <hiredis/hiredis.h>

#include <stdexcept>

namespace monopod::experiment {

namespace {

class redis_server final : public carrier_server {
public:
  redis_server() {
    const auto log = directory_.path() / "log";
    process_ = std::make_unique<harness::process>(
        std::vector<std::string>{"redis-server", "--bind", "127.0.0.1", "--port",
                                 std::to_string(port_), "--save", "", "--appendonly", "no", "--dir",
                                 directory_.path().string()},
        log);
    if (!harness::eventually([&] {
          return harness::read_file(log).find("Ready to accept connections") != std::string::npos;
        }))
      throw std::runtime_error("redis-server does not start: " + harness::read_file(log));
  }
  std::string camera_address() const override { return std::to_string(port_); }
  std::string app_address() const override { return camera_address(); }
  std::vector<harness::named_process> parts() const override {
    return {{"redis", process_->pid()}};
  }

private:
  harness::temporary_directory directory_;
  std::uint16_t port_ = harness::free_port();
  std::unique_ptr<harness::process> process_;
};

using redis_connection = std::shared_ptr<redisContext>;
using reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

redis_connection connected_to_redis(const std::string& port) {
  redis_connection c(redisConnect("127.0.0.1", std::stoi(port)), redisFree);
  if (c == nullptr || c->err != 0)
    throw std::runtime_error("redis connection failed");
  return c;
}

reply checked(void* answer) {
  reply r(static_cast<redisReply*>(answer), &freeReplyObject);
  if (r == nullptr || r->type == REDIS_REPLY_ERROR)
    throw std::runtime_error(std::string("redis: ") + (r == nullptr ? "no reply" : r->str));
  return r;
}

std::string key(std::size_t camera) { return "cam:" + std::to_string(camera); }

// A stream for each camera, of some 256 frames.
class redis_sender final : public frame_sender {
public:
  redis_sender(const std::string& port, std::size_t cameras) {
    for (std::size_t i = 0; i < cameras; ++i)
      connections_.push_back(connected_to_redis(port));
  }
  void send(std::size_t camera, const payload& body) override {
    checked(redisCommand(connections_[camera].get(), "XADD %s MAXLEN ~ 256 * f %b",
                         key(camera).c_str(), body.bytes().data(), body.size_bytes()));
  }

private:
  std::vector<redis_connection> connections_;
};

// XREAD of all streams after the last ids.
reply read_streams(const redis_connection& c, const std::vector<std::string>& ids) {
  std::vector<std::string> words{"XREAD", "COUNT", "64", "BLOCK", "10000", "STREAMS"};
  for (std::size_t i = 0; i < ids.size(); ++i)
    words.push_back(key(i));
  words.insert(words.end(), ids.begin(), ids.end());
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  for (const auto& w : words) {
    texts.push_back(w.data());
    lengths.push_back(w.size());
  }
  return checked(
      redisCommandArgv(c.get(), static_cast<int>(words.size()), texts.data(), lengths.data()));
}

// [[key, [[id, ["f", body]], ...]], ...]; false at the last one.
bool take_entries(const redisReply& stream, std::string& id,
                  const std::function<bool(const void*, std::size_t)>& take) {
  const auto& entries = *stream.element[1];
  for (std::size_t i = 0; i < entries.elements; ++i) {
    const auto& entry = *entries.element[i];
    id.assign(entry.element[0]->str, entry.element[0]->len);
    const auto& body = *entry.element[1]->element[1];
    if (!take(body.str, body.len))
      return false;
  }
  return true;
}

void receive_by_redis(const std::string& port, std::size_t cameras,
                      const std::function<void()>& subscribed,
                      const std::function<bool(const void*, std::size_t)>& take) {
  const auto c = connected_to_redis(port);
  std::vector<std::string> ids(cameras, "0-0"); // from the start: nothing was sent yet
  subscribed();
  for (;;) {
    const auto r = read_streams(c, ids);
    if (r->type != REDIS_REPLY_ARRAY)
      return; // nothing for ten seconds
    for (std::size_t i = 0; i < r->elements; ++i) {
      const auto& stream = *r->element[i];
      const auto camera = std::stoul(std::string(stream.element[0]->str).substr(key(0).size() - 1));
      if (!take_entries(stream, ids.at(camera), take))
        return;
    }
  }
}

} // namespace

carrier redis_carrier() {
  return {"redis", "Redis streams, in memory",
          [](const std::string&) { return std::make_unique<redis_server>(); },
          [](const std::string& port, std::size_t cameras) {
            return std::make_unique<redis_sender>(port, cameras);
          },
          receive_by_redis};
}

} // namespace monopod::experiment
