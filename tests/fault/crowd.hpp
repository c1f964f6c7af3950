// Many connections that all do the same harm.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace monopod::fault {

/// A kind of connection: how many, to which port, and what each of them says.
struct crowd_kind {
  std::string endpoint;   // "tcp://127.0.0.1:PORT"
  std::size_t count = 0;  // connections
  std::string once;       // the bytes that it begins with
  std::string again = {}; // and that it then repeats for as long as they are taken
};

/// The bytes that a ZMTP client sends up to and with READY.
std::string zmtp_opening();
/// The header of a part of that many bytes.
std::string zmtp_header(std::size_t bytes, bool more = false);
/// A message of one part.
std::string zmtp_message(const std::vector<std::uint8_t>& bytes);

/// A thread that keeps the connections open until the object ends: whichever the pod closes is
/// opened again.
class crowd {
public:
  explicit crowd(std::vector<crowd_kind> kinds);
  ~crowd();
  crowd(const crowd&) = delete;
  crowd& operator=(const crowd&) = delete;

  std::uint64_t opened() const { return opened_; } // connections, so far
  std::uint64_t closed() const { return closed_; } // by the pod
  std::uint64_t bytes() const { return bytes_; }   // that the kernel took

private:
  struct one {
    const crowd_kind* kind = nullptr;
    int fd = -1;
    std::size_t at = 0; // in what it says
  };
  void run();
  void turn(one& o);

  std::vector<crowd_kind> kinds_;
  std::vector<one> all_;
  std::atomic<std::uint64_t> opened_ = 0;
  std::atomic<std::uint64_t> closed_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

/// A thread that sends datagrams of junk to "tcp://127.0.0.1:PORT"'s UDP port until it ends.
class junk_datagrams {
public:
  explicit junk_datagrams(std::string endpoint);
  ~junk_datagrams();
  junk_datagrams(const junk_datagrams&) = delete;
  junk_datagrams& operator=(const junk_datagrams&) = delete;
  std::uint64_t sent() const { return sent_; }

private:
  void run();

  std::string endpoint_;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

} // namespace monopod::fault
