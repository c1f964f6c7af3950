// Any bytes that an outsider may send to a serving socket, in pieces of any size.
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "core/zmtp/decoder.hpp"
#include "core/zmtp/frames.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <cstring>

namespace monopod::fuzz {

namespace {

constexpr zmtp::message_limits limits{.envelope_bytes = 2000, .part_bytes = 1'000'000};
// The memory of a decoder without any bytes of a message.
constexpr std::size_t empty_bytes = 3000;

void add_frame(std::vector<std::byte>& to, std::string_view content, unsigned char flags) {
  zmtp::append_header(to, content.size(), flags);
  const auto bytes = std::as_bytes(std::span(content));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

} // namespace

// The first byte of an input says how large the pieces are.
std::vector<bytes> valid_inputs() {
  auto all = zmtp::opening(zmtp::role::dealer);
  add_frame(all, "hello", 0);
  add_frame(all, std::string_view("\4PING\0\1abc", 10), zmtp::flag::command);
  add_frame(all, "frame", zmtp::flag::more);
  add_frame(all, std::string(300, 'x'), 0);
  add_frame(all, std::string(2001, 'e'), zmtp::flag::more);
  add_frame(all, "2", zmtp::flag::more);
  add_frame(all, "3", 0);
  std::vector<bytes> inputs;
  for (const std::uint8_t piece : bytes{1, 7, 64, 255}) {
    bytes input{piece};
    for (const auto b : all)
      input.push_back(std::to_integer<std::uint8_t>(b));
    inputs.push_back(std::move(input));
  }
  return inputs;
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace monopod;
  using status = zmtp::decoder::status;
  if (size == 0)
    return 0;
  zmtp::decoder d(zmtp::role::router, fuzz::limits);
  const std::size_t piece = std::max<std::size_t>(data[0], 1);
  auto rest = std::as_bytes(std::span(data, size)).subspan(1);
  bool broken = false;
  while (!rest.empty() && !broken) {
    // Like a connection, puts bytes directly into the part that is arriving, if there is one.
    if (const auto room = d.room(); !room.empty() && piece % 2 == 0) {
      const auto n = std::min({room.size(), rest.size(), piece});
      std::memcpy(room.data(), rest.data(), n);
      d.filled(n);
      rest = rest.subspan(n);
    }
    auto in = rest.first(std::min(rest.size(), piece));
    rest = rest.subspan(in.size());
    const std::size_t given = size - rest.size();
    for (bool more = true; more;) {
      const auto s = d.next(in);
      more = s == status::message || s == status::pinged;
      broken = s == status::broken;
      MONOPOD_ENSURE(s != status::wants_more || in.empty(), "all is taken");
      MONOPOD_ENSURE(d.ready() || !more, "nothing before READY");
      MONOPOD_ENSURE(d.unfinished_bytes() <=
                         2 * given + monopod::limits::body_first_bytes + fuzz::empty_bytes,
                     "memory follows the bytes, not the claims");
      if (s != status::message)
        continue;
      const auto m = d.take();
      MONOPOD_ENSURE(m.envelope().size() <= fuzz::limits.envelope_bytes &&
                         m.body.size_bytes() <= fuzz::limits.part_bytes,
                     "within the limits");
    }
  }
  MONOPOD_ENSURE(broken != d.problem().empty(), "a broken connection says why");
  return 0;
}
