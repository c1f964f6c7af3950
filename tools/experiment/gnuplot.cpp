#include "tools/experiment/gnuplot.hpp"

#include "tools/harness/process.hpp"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <fstream>
#include <stdexcept>

namespace monopod::experiment {

namespace {

constexpr std::array colours{"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"};

// From this many points on, as with every frame of a run, marks are smaller, so that they can be
// told apart.
constexpr std::size_t many_points = 500;

std::string columns_of(const curve& c, std::size_t number) {
  if (c.style == "boxplot")
    return fmt::format("({}):2", number + 1);
  return c.style.starts_with("yerror") ? "1:2:3:4" : "1:2";
}

} // namespace

std::string draw(const std::string& settings, const std::vector<curve>& curves) {
  const harness::temporary_directory scratch;
  const auto script = scratch.path() / "script";
  const auto picture = scratch.path() / "picture.svg";
  std::ofstream file(script);
  file << fmt::format("set terminal svg size 760,420 font 'sans-serif,13' background 'white'\n"
                      "set output '{}'\nset grid lc '#dddddd'\nset key below\n{}\n",
                      picture.string(), settings);
  std::string plots;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const auto& c = curves[i];
    file << fmt::format("$data{} << END\n", i);
    for (const auto& p : c.points)
      file << fmt::format("{:.6g} {:.6g} {:.6g} {:.6g}\n", p.x, p.y, p.low, p.high);
    file << "END\n";
    plots +=
        fmt::format("{}$data{} using {} with {} lc '{}' lw 2 ps {} dt {} pt {} title \"{}\"",
                    i == 0 ? "plot " : ", ", i, columns_of(c, i), c.style,
                    colours[c.colour % colours.size()], c.points.size() < many_points ? 1 : 0.4,
                    c.style == "boxplot" ? 1 : i % 5 + 1, 2 * (i % 6) + 4, c.title);
  }
  file << plots << "\n";
  file.close();
  const auto drawn = harness::run({"gnuplot", script.string()});
  if (drawn.exit_code == 127)
    throw std::runtime_error("gnuplot is missing: tools/setup installs it");
  if (drawn.exit_code != 0)
    throw std::runtime_error("gnuplot failed: " + drawn.output);
  return harness::read_file(picture);
}

} // namespace monopod::experiment
