// What the ledger on disk costs, in units of one fsync.
#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/percentiles.hpp"
#include "tools/bench/consumer.hpp"
#include "tools/bench/deployment.hpp"
#include "tools/bench/fleet.hpp"
#include "tools/bench/phases.hpp"
#include "tools/harness/programs.hpp"

#include <spdlog/fmt/fmt.h>

#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace monopod {

using harness::operator+;

namespace {

// Appends what a small transaction of SQLite appends to its log, and syncs it as SQLite does.
class fsync_probe {
public:
  explicit fsync_probe(const std::filesystem::path& file)
      : fd_(open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600)) {
    MONOPOD_ENSURE(fd_ >= 0, "a file in a temporary folder");
  }
  ~fsync_probe() { close(fd_); }
  fsync_probe(const fsync_probe&) = delete;
  fsync_probe& operator=(const fsync_probe&) = delete;

  double once_us() {
    const std::vector<char> pages(2 * (4096 + 24));
    const auto start_ns = boottime_ns();
    if (write(fd_, pages.data(), pages.size()) < 0 || fdatasync(fd_) != 0)
      throw std::runtime_error("the disk can't be written");
    return static_cast<double>(boottime_ns() - start_ns) * 1e-3;
  }

private:
  int fd_;
};

} // namespace

void measure_disk(const bench_options& o, figures& out) {
  const auto frames = std::max<std::uint64_t>(o.samples / 2, 20);
  say(fmt::format("ledger in memory and on disk: {:.0f} s", static_cast<double>(frames) / 10));
  const harness::temporary_directory folder;
  consumer cloud(o.collect_program);
  // A node of another name: two clients of one identifier push each other out at the broker.
  const std::vector<std::string> on_disk{"--node",
                                         "disk",
                                         "--ledger.durability",
                                         "disk",
                                         "--ledger.directory",
                                         folder.path().string()};
  const deployment memory_pod(o.monopod_program, linkage::inproc, cloud.mqtt_port(), o.pod_flags);
  const deployment disk_pod(o.monopod_program, linkage::inproc, cloud.mqtt_port(),
                            o.pod_flags + on_disk);
  const auto picture = make_picture(o.frame_bytes);
  fleet in_memory(memory_pod.camera_endpoint(), "memory", 1, picture);
  fleet to_disk(disk_pod.camera_endpoint(), "disk", 1, picture);
  fsync_probe probe(folder.path() / "probe");
  samples fsync_us;
  constexpr std::uint64_t slot_ns = 100 * ns_per_ms / 3;
  const auto start_ns = boottime_ns() + 50 * ns_per_ms;
  for (std::uint64_t n = 0; n < frames; ++n) {
    in_memory.wait(0, start_ns + 3 * n * slot_ns);
    in_memory.publish(0);
    to_disk.wait(0, start_ns + (3 * n + 1) * slot_ns);
    to_disk.publish(0);
    sleep_until(start_ns + (3 * n + 2) * slot_ns);
    fsync_us.add(probe.once_us());
  }
  in_memory.settle();
  to_disk.settle();
  for (const auto* pod : {&memory_pod, &disk_pod})
    harness::eventually([pod] { return pod->metric("monopod_outbox_entries") == 0; });
  cloud.stop();
  const auto memory_us = cloud.of("memory");
  const auto disk_us = cloud.of("disk");
  if (memory_us.results != frames || disk_us.results != frames)
    throw std::runtime_error(
        fmt::format("of {} results, {} and {} came", frames, memory_us.results, disk_us.results));
  out.add("fsync_p50_us", fsync_us.percentile(50), "append and fdatasync of 8 KiB, median");
  out.add("fsync_p99_us", fsync_us.percentile(99), "99th percentile");
  out.add("e2e_p50_us_memory", memory_us.p50_us, "camera's stamp to before publish, beside it");
  out.add("e2e_p50_us_disk", disk_us.p50_us, "the same with the ledger on disk");
  out.add("e2e_p99_us_disk", disk_us.p99_us, "99th percentile");
  out.add("disk_in_fsyncs", (disk_us.p50_us - memory_us.p50_us) / fsync_us.percentile(50),
          "what the disk adds to the median, in fsyncs; bound 1");
}

} // namespace monopod
