#include "tools/experiment/carriers/redis_client.hpp"

#include <stdexcept>

namespace monopod::experiment {

namespace {

const std::string key_prefix = "cam:";

std::string key(std::size_t camera) { return key_prefix + std::to_string(camera); }

// Passes on entries of the form [[id, ["f", body]], ...]; false at the last one.
bool take_entries(const redisReply& entries, std::string& id,
                  const std::function<bool(const void*, std::size_t)>& take) {
  for (std::size_t i = 0; i < entries.elements; ++i) {
    const auto& entry = *entries.element[i];
    id.assign(entry.element[0]->str, entry.element[0]->len);
    const auto& body = *entry.element[1]->element[1];
    if (!take(body.str, body.len))
      return false;
  }
  return true;
}

} // namespace

redis_connection connected_to_redis(const std::string& host, std::uint16_t port,
                                    std::uint32_t timeout_ms) {
  const timeval limit{static_cast<time_t>(timeout_ms / 1000),
                      static_cast<suseconds_t>(timeout_ms % 1000 * 1000)};
  redis_connection c(timeout_ms == 0 ? redisConnect(host.c_str(), port)
                                     : redisConnectWithTimeout(host.c_str(), port, limit),
                     redisFree);
  if (c == nullptr || c->err != 0 ||
      (timeout_ms > 0 && redisSetTimeout(c.get(), limit) != REDIS_OK))
    throw std::runtime_error("redis connection failed");
  return c;
}

redis_reply checked_reply(void* answer) {
  redis_reply r(static_cast<redisReply*>(answer), &freeReplyObject);
  if (r == nullptr || r->type == REDIS_REPLY_ERROR)
    throw std::runtime_error(std::string("redis: ") + (r == nullptr ? "no reply" : r->str));
  return r;
}

void add_to_stream(redisContext& c, std::size_t camera, const payload& body) {
  checked_reply(redisCommand(&c, "XADD %s MAXLEN ~ 256 * f %b", key(camera).c_str(),
                             body.bytes().data(), body.size_bytes()));
}

stream_reader::outcome
stream_reader::read(redisContext& c, std::uint32_t block_ms,
                    const std::function<bool(const void*, std::size_t)>& take) {
  std::vector<std::string> words{"XREAD",  "COUNT", "64", "BLOCK", std::to_string(block_ms),
                                 "STREAMS"};
  for (std::size_t i = 0; i < ids_.size(); ++i)
    words.push_back(key(i));
  words.insert(words.end(), ids_.begin(), ids_.end());
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  for (const auto& w : words) {
    texts.push_back(w.data());
    lengths.push_back(w.size());
  }
  const auto r = checked_reply(
      redisCommandArgv(&c, static_cast<int>(words.size()), texts.data(), lengths.data()));
  if (r->type != REDIS_REPLY_ARRAY)
    return outcome::nothing;
  for (std::size_t i = 0; i < r->elements; ++i) { // [key, entries]
    const auto& stream = *r->element[i];
    const auto camera = std::stoul(std::string(stream.element[0]->str).substr(key_prefix.size()));
    if (!take_entries(*stream.element[1], ids_.at(camera), take))
      return outcome::ended;
  }
  return outcome::more;
}

} // namespace monopod::experiment
