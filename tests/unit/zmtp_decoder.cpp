// ZMTP as bytes: https://rfc.zeromq.org/spec/23 (3.0) and 37 (3.1's PING).
#include "core/limits.hpp"
#include "core/zmtp/decoder.hpp"
#include "core/zmtp/frames.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

using namespace monopod::zmtp;

namespace {

using bytes = std::vector<std::byte>;

bytes of(std::string_view text) {
  const auto b = std::as_bytes(std::span(text));
  return {b.begin(), b.end()};
}

bytes operator+(bytes a, const bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

bytes frame(std::string_view content, unsigned char flags = 0) {
  bytes out;
  append_header(out, content.size(), flags);
  return out + of(content);
}

std::string text(std::span<const std::byte> b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

// A decoder, and all that came of what it was given.
struct reader {
  explicit reader(role mine = role::router) : reader(mine, {64, 1000}) {}
  reader(role mine, const message_limits& limits) : d(mine, limits) {}

  void give(std::span<const std::byte> in) {
    while (true) {
      const auto s = d.next(in);
      if (s == decoder::status::message) {
        const auto m = d.take();
        got.push_back(text(m.envelope()) + "|" + text(m.body.bytes()) +
                      (m.well_formed ? "" : "|not well formed"));
      } else if (s == decoder::status::pinged) {
        got.push_back("ping " + text(d.context()));
      } else {
        return;
      }
    }
  }

  decoder d;
  std::vector<std::string> got;
};

using texts = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_CASE(messages_come_whole_in_whatever_pieces_their_bytes_do) {
  const auto all = opening(role::dealer) + frame("hello") + frame("frame", flag::more) +
                   frame(std::string(600, 'x')) + frame("", flag::more) + frame("") +
                   frame(std::string_view("\4PING\0\1abc", 10), flag::command) + frame("last");
  const texts expected{"hello|", "frame|" + std::string(600, 'x'), "|", "ping abc", "last|"};
  for (std::size_t piece = 1; piece <= all.size(); piece += piece < 70 ? 1 : 97) {
    reader r;
    for (std::size_t at = 0; at < all.size(); at += piece)
      r.give(std::span(all).subspan(at, std::min(piece, all.size() - at)));
    BOOST_TEST(r.got == expected, "in pieces of " << piece);
    BOOST_TEST(r.d.ready());
  }
}

BOOST_AUTO_TEST_CASE(a_part_can_be_read_where_it_belongs) {
  reader r;
  bytes head = opening(role::dealer) + frame("e", flag::more);
  append_header(head, 300, 0);
  BOOST_TEST(r.d.room().empty());
  r.give(head);
  const auto room = r.d.room();
  BOOST_TEST(room.size() == 300u);
  std::memset(room.data(), 'y', 200);
  r.d.filled(200);
  BOOST_TEST(r.d.room().size() == 100u);
  r.give(bytes(100, std::byte{'z'}));
  BOOST_TEST(r.got == texts{"e|" + std::string(200, 'y') + std::string(100, 'z')});
  BOOST_TEST(r.d.room().empty());
}

// A stranger may claim as much as the limits allow: what counts is what it sends.
BOOST_AUTO_TEST_CASE(memory_follows_the_bytes_and_not_the_claims) {
  constexpr std::size_t megabyte = 1'000'000;
  for (const bool of_body : {false, true}) {
    reader r(role::router, {.envelope_bytes = megabyte, .part_bytes = megabyte});
    bytes claim = opening(role::dealer);
    if (of_body)
      claim = claim + frame("e", flag::more);
    append_header(claim, megabyte, 0);
    BOOST_TEST(r.d.unfinished_bytes() < 1000u);
    r.give(claim);
    BOOST_TEST(r.d.unfinished_bytes() < 2000u);
    const auto first = of_body ? monopod::limits::body_first_bytes : 1024;
    const bytes piece(1000, std::byte{'p'});
    for (std::size_t done = piece.size(); done < megabyte; done += piece.size()) {
      r.give(piece);
      BOOST_REQUIRE(r.d.unfinished_bytes() <= std::max(2 * done, first) + 2000);
    }
    // The same into its room.
    const auto room = r.d.room();
    BOOST_REQUIRE(room.size() == piece.size());
    std::memset(room.data(), 'p', room.size());
    r.d.filled(room.size());
    r.give({});
    const auto whole = std::string(megabyte, 'p');
    BOOST_TEST(r.got == texts{of_body ? "e|" + whole : whole + "|"});
    BOOST_TEST(r.d.unfinished_bytes() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_room_grows_with_what_fills_it) {
  reader r(role::router, {.envelope_bytes = 100, .part_bytes = 10'000'000});
  bytes head = opening(role::dealer) + frame("e", flag::more);
  append_header(head, 10'000'000, 0);
  r.give(head);
  std::size_t done = 0;
  while (done < 10'000'000) {
    const auto room = r.d.room();
    BOOST_REQUIRE(!room.empty());
    BOOST_REQUIRE(room.size() <= std::max(done, monopod::limits::body_first_bytes));
    std::memset(room.data(), 'r', room.size());
    r.d.filled(room.size());
    done += room.size();
  }
  r.give({});
  std::string body;
  body.resize(10'000'000, 'r');
  BOOST_TEST(r.got == texts{"e|" + body});
}

BOOST_AUTO_TEST_CASE(a_body_where_none_belongs_is_left_out) {
  reader r(role::router, {.envelope_bytes = 64, .part_bytes = 1000, .body = false});
  bytes claim;
  append_header(claim, 1000, 0);
  r.give(opening(role::dealer) + frame("e", flag::more) + claim);
  BOOST_TEST(r.d.room().empty());
  r.give(bytes(999));
  BOOST_TEST(r.d.unfinished_bytes() < 1200u);
  r.give(bytes(1) + frame("good"));
  BOOST_TEST(r.got == (texts{"e||not well formed", "good|"}));
}

BOOST_AUTO_TEST_CASE(what_is_too_long_or_too_much_is_told) {
  reader r;
  r.give(opening(role::dealer) + frame(std::string(65, 'e'), flag::more) + frame("body") +
         frame("1", flag::more) + frame("2", flag::more) + frame("3", flag::more) + frame("4") +
         frame("good"));
  BOOST_TEST(r.got == (texts{"|body|not well formed", "1|2|not well formed", "good|"}));
  BOOST_TEST(r.d.problem().empty());
}

BOOST_AUTO_TEST_CASE(who_breaks_the_protocol_is_told_apart) {
  const auto problem = [](const bytes& in, role mine = role::router) {
    reader r(mine);
    r.give(in);
    r.give(opening(role::dealer) + frame("nothing is taken any more"));
    BOOST_TEST(r.got.empty());
    BOOST_TEST(r.d.room().empty());
    return std::string(r.d.problem());
  };
  auto old = opening(role::dealer);
  old[10] = std::byte{1};
  auto curve = opening(role::dealer);
  std::memcpy(curve.data() + 12, "CURVE", 5);
  auto unsigned_ = opening(role::dealer);
  unsigned_[9] = std::byte{0};
  const auto greeting = [] {
    auto b = opening(role::dealer);
    b.resize(greeting_bytes);
    return b;
  }();
  BOOST_TEST(problem(of("GET / HTTP/1.1\r\n")) == "does not speak ZeroMQ");
  BOOST_TEST(problem(unsigned_) == "does not speak ZeroMQ");
  BOOST_TEST(problem(old) == "speaks an older ZMTP than 3.0 (libzmq before 4.0)");
  BOOST_TEST(problem(curve) == "wants a security mechanism other than NULL");
  BOOST_TEST(problem(greeting + frame("early")) == "does not begin with READY");
  BOOST_TEST(problem(greeting + frame("\5ERROR\2no", flag::command)) ==
             "does not begin with READY");
  BOOST_TEST(problem(greeting + frame("\5READY\13Socket-Type", flag::command)) ==
             "says a READY that is cut short");
  BOOST_TEST(problem(opening(role::dealer), role::dealer) ==
             "is a socket of a type that does not go with this one");
  const auto opened = opening(role::dealer);
  BOOST_TEST(problem(opened + frame("x", 8)) == "sends a frame with unknown flags");
  BOOST_TEST(problem(opened + frame("x", flag::command | flag::more)) ==
             "sends a frame with unknown flags");
  BOOST_TEST(problem(opened + frame(std::string(1001, 'x'))) == "sends a message over the limit");
  auto parts = opened;
  for (std::size_t i = 0; i < monopod::limits::message_parts; ++i)
    parts = parts + frame("p", flag::more);
  BOOST_TEST(problem(parts + frame("p")) == "sends a message of too many parts");
  BOOST_TEST(problem(opened + frame(std::string(1025, 'x'), flag::command)) ==
             "sends a message over the limit");
}

BOOST_AUTO_TEST_CASE(unknown_commands_and_short_pings_mean_nothing) {
  reader r;
  r.give(opening(role::dealer) + frame("\4PONGabc", flag::command) +
         frame("\11SUBSCRIBEx", flag::command) + frame("\4PING", flag::command) +
         frame("", flag::command) + frame("\200", flag::command) + frame("good"));
  BOOST_TEST(r.got == texts{"good|"});
}

BOOST_AUTO_TEST_CASE(a_ping_is_answered_with_its_context) {
  BOOST_TEST(text(pong(of("abc"))) == text(frame("\4PONGabc", flag::command)));
  reader r;
  r.give(opening(role::dealer) + frame("\4PING\1\1" + std::string(40, 'c'), flag::command));
  BOOST_TEST(r.got == texts{"ping " + std::string(16, 'c')});
}
