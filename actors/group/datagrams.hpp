// Short messages between nodes as UDP datagrams, which the loop itself sends and takes.
#pragma once

#include "actors/group/greeting.hpp"
#include "actors/runtime/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// One UDP socket, at the address and port at which the node's link is bound. A datagram is
/// {receiver's token, sender's token: 8 bytes each, little endian; 1 byte: flags; a message, or the
/// sender's greeting}. A node tells its token over the connections that it makes, and a node that
/// has it may greet back by datagram. So a stranger that is not on the way between two nodes can't
/// speak for one (like QUIC's connection ids, RFC 9000 section 5.1). The sender's token says on
/// which peer's way a datagram came, and that way speaks for this peer alone. A way carries
/// messages only while the other end says that it hears (path validation, RFC 9000 section 8.2);
/// else send() refuses, and the caller uses the connection. It refuses soon after the other end has
/// fallen silent, too, since a flood of junk may displace its datagrams. Datagrams may be lost,
/// arrive twice and overtake each other. Used on the loop's thread only.
class datagrams {
public:
  /// `peer`: on whose way the message came.
  using handler = std::function<void(const std::string& peer, std::span<const std::byte> message)>;

  /// `tcp_endpoint` is what link::bound_endpoint() says. `on_ready` is called when something waits,
  /// and takes it with receive_some(). `patience_ns`: a way is not trusted if nothing was heard so
  /// long after the first message on it. Without an IPv4 address, or if the port is taken (logged),
  /// there are no datagrams, and everything else works.
  datagrams(loop& host, const std::string& self, std::uint32_t group,
            const std::vector<std::string>& peers, const std::string& tcp_endpoint,
            std::uint64_t patience_ns, std::function<void()> on_ready);
  ~datagrams();
  datagrams(const datagrams&) = delete;
  datagrams& operator=(const datagrams&) = delete;

  /// Whether the message goes with the next flush(); false if the way to `peer` is not known to
  /// work, or the message is longer than limits::datagram_bytes.
  bool send(const std::string& peer, std::span<const std::uint8_t> message);
  /// Sends what waits, in one system call as a rule: at rest, that call and the one that receives
  /// are most of a beat's cost. Returns how many the system did not take; they are lost.
  std::size_t flush();

  /// Hands over up to limits::messages_per_turn messages; returns whether there may be more.
  bool receive_some(const handler& take);

  /// Whether `on_ready` is called; datagrams that arrive meanwhile wait.
  void set_reading(bool on);

  /// The greeting (schemas/datagram.fbs) that should go to `peer` over the connection now: one a
  /// second, until the way works.
  std::optional<std::vector<std::uint8_t>> greeting_due(const std::string& peer);

  /// The same at any time, even without UDP.
  const std::vector<std::uint8_t>& greeting() const { return greeting_; }

  /// Takes a greeting that arrived over a connection from that numeric address, and proves the way
  /// to the node that greets. A greeting of another group teaches nothing.
  void greeted(const peer_greeting& by, const std::string& address);

  /// Greetings since the start that named another node than the one on whose way they came. They
  /// are refused, and logged.
  std::uint64_t misfits() const { return misfits_; }

private:
  struct way {
    std::string peer;
    sockaddr_in address{};
    std::uint64_t token = 0;      // of the peer; 0: not greeted yet
    std::uint64_t heard_ns = 0;   // a datagram arrived from there
    std::uint64_t works_ns = 0;   // one said that ours arrive
    std::uint64_t asked_ns = 0;   // the first of ours since then; 0: none
    std::uint64_t greeted_ns = 0; // by us
    std::uint64_t probed_ns = 0;
    int unanswered = 0; // probes, since it last worked
  };

  struct outgoing {
    sockaddr_in to;
    std::vector<std::uint8_t> bytes;
  };

  way* to(std::string_view peer);
  std::uint16_t bind_to(const std::string& tcp_endpoint);
  void take(std::span<const std::byte> datagram, const in_addr& address, const handler& give);
  std::size_t send_all();
  void put(const way& w, std::span<const std::uint8_t> message, std::uint8_t flags = 0);
  way* learn(const peer_greeting& by, const in_addr& from);
  void probe(way& w);

  loop& host_;
  std::string self_;
  std::uint32_t group_;
  std::uint64_t patience_ns_;
  int fd_ = -1; // no UDP
  std::uint64_t token_;
  std::vector<std::uint8_t> greeting_;
  std::vector<way> ways_; // one for each peer
  std::vector<outgoing> outgoing_;
  std::size_t lost_ = 0; // since the last flush()
  std::uint64_t misfits_ = 0;
  std::unique_ptr<loop::source> source_;
};

} // namespace monopod
