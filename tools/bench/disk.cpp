// Measures the ledger on disk, in units of one fsync.
#include "core/clock.hpp"
#include "core/ensure.hpp"
#include "core/percentiles.hpp"
#include "tools/bench/consumer.hpp"
#include "tools/bench/phases.hpp"
#include "tools/deployment/deployment.hpp"
#include "tools/harness/programs.hpp"
#include "tools/load/fleet.hpp"

#include <spdlog/fmt/fmt.h>

#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

namespace monopod {

using harness::operator+;

namespace {

// Times one fsync of the bytes that a small transaction of SQLite writes to its log. SQLite syncs
// such a log in two ways, between which `grows` chooses: at the end of a file that grows, or over
// bytes that the file has.
class fsync_probe {
public:
  fsync_probe(const std::filesystem::path& file, bool grows)
      : fd_(open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), grows_(grows) {
    MONOPOD_ENSURE(fd_ >= 0, "a file in a temporary folder");
    if (grows)
      return;
    const std::vector<char> zeros(file_bytes);
    if (write(fd_, zeros.data(), zeros.size()) < 0 || fdatasync(fd_) != 0)
      throw std::runtime_error("the disk can't be written");
  }
  ~fsync_probe() { close(fd_); }
  fsync_probe(const fsync_probe&) = delete;
  fsync_probe& operator=(const fsync_probe&) = delete;

  void once() {
    const std::vector<char> page(4096 + 24, 'x');
    const auto start_ns = boottime_ns();
    if (pwrite(fd_, page.data(), page.size(), at_) < 0 || fdatasync(fd_) != 0)
      throw std::runtime_error("the disk can't be written");
    took_us.add(static_cast<double>(boottime_ns() - start_ns) * 1e-3);
    at_ += static_cast<off_t>(page.size());
    if (!grows_ && at_ + static_cast<off_t>(page.size()) > static_cast<off_t>(file_bytes))
      at_ = 0;
  }

  samples took_us;

private:
  static constexpr std::size_t file_bytes = 4 * 1024 * 1024;
  int fd_;
  bool grows_;
  off_t at_ = 0;
};

} // namespace

void measure_disk(const bench_options& o, std::vector<harness::figure>& out) {
  const auto frames = std::max<std::uint64_t>(o.samples / 2, 20);
  say(fmt::format("ledger in memory and on disk: {:.0f} s", static_cast<double>(frames) / 10));
  const harness::temporary_directory folder;
  consumer cloud(o.collect_program);
  // This node needs a name of its own: two clients with one identifier push each other out at the
  // broker.
  const std::vector<std::string> on_disk{"--node",
                                         "disk",
                                         "--ledger.durability",
                                         "disk",
                                         "--ledger.directory",
                                         folder.path().string()};
  auto disk = one_process(o, cloud.mqtt_port());
  disk.flags = o.pod_flags + on_disk;
  const deployment memory_pod(one_process(o, cloud.mqtt_port()));
  const deployment disk_pod(disk);
  const auto picture = make_picture(o.frame_bytes);
  fleet in_memory(memory_pod.camera_endpoint(), "memory", 1, picture);
  fleet to_disk(disk_pod.camera_endpoint(), "disk", 1, picture);
  fsync_probe grown(folder.path() / "grown", true);
  fsync_probe in_place(folder.path() / "in-place", false);
  constexpr std::uint64_t slot_ns = 100 * ns_per_ms / 4;
  const auto start_ns = boottime_ns() + 50 * ns_per_ms;
  for (std::uint64_t n = 0; n < frames; ++n) {
    in_memory.wait(0, start_ns + 4 * n * slot_ns);
    in_memory.publish(0);
    to_disk.wait(0, start_ns + (4 * n + 1) * slot_ns);
    to_disk.publish(0);
    sleep_until(start_ns + (4 * n + 2) * slot_ns);
    grown.once();
    sleep_until(start_ns + (4 * n + 3) * slot_ns);
    in_place.once();
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
  const auto fsync_us = in_place.took_us.percentile(50);
  out.push_back({.name = "fsync_p50_us",
                 .value = fsync_us,
                 .meaning = "4 KiB over what a file has and fdatasync, median"});
  out.push_back({.name = "fsync_p99_us",
                 .value = in_place.took_us.percentile(99),
                 .meaning = "99th percentile"});
  out.push_back({.name = "fsync_grown_p50_us",
                 .value = grown.took_us.percentile(50),
                 .meaning = "the same at a file's end, median"});
  out.push_back({.name = "e2e_p50_us_memory",
                 .value = memory_us.p50_us,
                 .meaning = "camera's stamp to before publish, beside it"});
  out.push_back({.name = "e2e_p50_us_disk",
                 .value = disk_us.p50_us,
                 .meaning = "the same with the ledger on disk"});
  out.push_back({.name = "e2e_p99_us_disk", .value = disk_us.p99_us, .meaning = "99th percentile"});
  out.push_back({.name = "disk_in_fsyncs",
                 .value = (disk_us.p50_us - memory_us.p50_us) / fsync_us,
                 .meaning = "what the disk adds to the median, in fsyncs",
                 .at_most = 1});
}

} // namespace monopod
