#include "programs/detect/bench.hpp"

#include "core/clock.hpp"
#include "core/percentiles.hpp"
#include "programs/program.hpp"
#include "programs/report_json.hpp"
#include "programs/table.hpp"

#include <spdlog/fmt/fmt.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace monopod {

namespace {

constexpr std::uint64_t frames_measured = 200;
constexpr std::uint64_t frames_to_warm_up = 5;
constexpr std::uintmax_t largest_file = 1024 * 1024 * 1024;

// The bytes of a file, and where its pictures lie in them: a JPEG, or Motion JPEG, which is one
// after another.
class picture_file {
public:
  explicit picture_file(const std::string& path) {
    std::error_code problem;
    const auto size = std::filesystem::file_size(path, problem);
    std::ifstream file(path, std::ios::binary);
    if (problem || !file || size > largest_file)
      throw std::runtime_error("can't read " + path +
                               "; name a JPEG or Motion JPEG of at most 1 GiB, such as "
                               "`ffmpeg -i VIDEO -q:v 2 FILE.mjpeg` makes");
    bytes_.resize(size);
    file.read(bytes_.data(), static_cast<std::streamsize>(bytes_.size()));
    if (!bytes_.starts_with("\xff\xd8\xff")) // the first marker (ITU-T T.81, B.1.1.3)
      throw std::runtime_error(path + " is neither a JPEG nor Motion JPEG; make one of a video "
                                      "by `ffmpeg -i VIDEO -q:v 2 FILE.mjpeg`");
    constexpr std::string_view between("\xff\xd9\xff\xd8\xff"); // an end, and a beginning
    for (std::string_view rest = bytes_; !rest.empty();) {
      const auto end = rest.find(between);
      const auto length = end == std::string_view::npos ? rest.size() : end + 2;
      pictures_.push_back(rest.substr(0, length));
      rest.remove_prefix(length);
    }
  }
  picture_file(const picture_file&) = delete;
  picture_file& operator=(const picture_file&) = delete;

  std::span<const std::byte> picture(std::uint64_t number) const {
    return std::as_bytes(std::span(pictures_[number % pictures_.size()]));
  }

private:
  std::string bytes_;
  std::vector<std::string_view> pictures_;
};

struct figures {
  samples before_ms;
  samples network_ms;
  samples after_ms;
  std::uint64_t frames = 0;
  std::uint64_t objects = 0;
  std::uint64_t refused = 0;
  std::string first_refusal;
  double network_s = 0;
  double all_s = 0;
};

figures measure(const detect_options& options, const std::deque<picture_file>& files,
                observer& eye) {
  const auto wanted = options.frames == 0 ? frames_measured : options.frames;
  figures f;
  constexpr auto seconds = [](std::uint64_t ns) { return static_cast<double>(ns) * 1e-9; };
  for (std::uint64_t i = 0; f.frames < wanted && stop_requested == 0; ++i) {
    const auto jpeg = files[i % files.size()].picture(i / files.size());
    const auto began_ns = boottime_ns();
    const auto seen = eye.observe({"bench", 1, realtime_ns(), jpeg});
    const auto took_ns = boottime_ns() - began_ns;
    if (i < frames_to_warm_up)
      continue;
    ++f.frames;
    f.all_s += seconds(took_ns);
    if (!seen) {
      if (f.refused++ == 0)
        f.first_refusal = seen.error();
      continue;
    }
    f.objects += seen->objects.size();
    f.network_s += seconds(seen->network_ns);
    f.before_ms.add(seconds(seen->before_ns) * 1000);
    f.network_ms.add(seconds(seen->network_ns) * 1000);
    f.after_ms.add(seconds(took_ns - seen->network_ns - seen->before_ns) * 1000);
  }
  return f;
}

} // namespace

int run_bench(const detect_options& options, observer_opener open) {
  std::deque<picture_file> files;
  for (const auto& path : options.files)
    files.emplace_back(path);
  const auto eye = open(options);
  const auto f = measure(options, files, *eye);
  const bool any = f.frames > f.refused && f.all_s > 0;
  const double fps = any ? static_cast<double>(f.frames) / f.all_s : 0;
  const double outside = any ? 100 * (1 - f.network_s / f.all_s) : 0;
  nlohmann::ordered_json object{{"frames", f.frames},
                                {"refused", f.refused},
                                {"objects", f.objects},
                                {"fps", rounded(fps, 2)},
                                {"outside_percent", rounded(outside, 2)}};
  table rows({{"", align::left}, {"p50"}, {"p99"}});
  for (const auto& [key, row, times] :
       {std::tuple{"before_ms", "decode and scale, ms", &f.before_ms},
        std::tuple{"network_ms", "network, ms", &f.network_ms},
        std::tuple{"after_ms", "boxes and tracks, ms", &f.after_ms}}) {
    object[key] = percentiles_json(*times);
    rows.add({row, fmt::format("{:.2f}", times->percentile(50)),
              fmt::format("{:.2f}", times->percentile(99))});
  }
  if (f.refused > 0)
    fmt::print(stderr, "refused for the first time: {}\n", f.first_refusal);
  if (options.json)
    fmt::print("{}\n", object.dump());
  else
    fmt::print(
        "{}\n{} frames, {} objects, {} refused: {:.1f} frames a second, {:.1f} % of the time "
        "outside of the network\n",
        rows.text(), f.frames, f.objects, f.refused, fps, outside);
  return f.frames > f.refused ? 0 : 1;
}

} // namespace monopod
