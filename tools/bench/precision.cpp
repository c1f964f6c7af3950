#include "tools/bench/precision.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <tuple>

namespace monopod {

namespace {

double overlap(const pixel_box& a, const pixel_box& b) {
  const auto width = std::min(a.left + a.width, b.left + b.width) - std::max(a.left, b.left);
  const auto height = std::min(a.top + a.height, b.top + b.height) - std::max(a.top, b.top);
  const auto common = std::max(0.0, width) * std::max(0.0, height);
  const auto all = a.width * a.height + b.width * b.height - common;
  return all > 0 ? common / all : 0;
}

template <class Box>
const std::vector<Box>& at(const boxes_by_frame<Box>& all, std::uint64_t frame) {
  static const std::vector<Box> none;
  const auto known = all.find(frame);
  return known == all.end() ? none : known->second;
}

struct ranked {
  double confidence;
  std::uint64_t frame;
  pixel_box box;
};

// Points of the curve, by falling confidence: precision and recall.
std::vector<std::pair<double, double>> make_curve(const boxes_by_frame<true_box>& truth,
                                                  const std::vector<ranked>& all, double iou,
                                                  double persons) {
  std::map<std::uint64_t, std::set<std::size_t>> used;
  std::vector<std::pair<double, double>> curve;
  double hits = 0;
  for (const auto& one : all) {
    const auto& there = at(truth, one.frame);
    std::pair<double, std::size_t> best{0, there.size()};
    for (std::size_t i = 0; i < there.size(); ++i)
      if (!used[one.frame].contains(i))
        best = std::max(best, {overlap(one.box, there[i].box), i});
    if (best.second < there.size() && best.first >= iou) {
      used[one.frame].insert(best.second);
      ++hits;
    }
    curve.emplace_back(hits / static_cast<double>(curve.size() + 1), hits / persons);
  }
  return curve;
}

// Pairs of a frame by falling overlap, each box in one pair.
std::uint64_t count_switches(const std::vector<true_box>& there,
                             const std::vector<detected_box>& found, double iou, double confidence,
                             std::map<std::uint64_t, std::uint64_t>& last_track) {
  std::vector<std::tuple<double, std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0; i < there.size(); ++i)
    for (std::size_t j = 0; j < found.size(); ++j)
      if (found[j].track_id != 0 && found[j].confidence >= confidence)
        pairs.emplace_back(overlap(found[j].box, there[i].box), i, j);
  std::ranges::sort(pairs, std::greater<>());
  std::set<std::size_t> taken_there;
  std::set<std::size_t> taken_found;
  std::uint64_t switches = 0;
  for (const auto& [quality, i, j] : pairs) {
    if (quality < iou || taken_there.contains(i) || taken_found.contains(j))
      continue;
    taken_there.insert(i);
    taken_found.insert(j);
    auto& last = last_track.try_emplace(there[i].person, found[j].track_id).first->second;
    switches += last != found[j].track_id ? 1 : 0;
    last = found[j].track_id;
  }
  return switches;
}

} // namespace

boxes_by_frame<true_box> read_truth(const std::filesystem::path& file) {
  std::ifstream lines(file);
  boxes_by_frame<true_box> all;
  for (std::string line; std::getline(lines, line);) {
    std::ranges::replace(line, ',', ' ');
    std::istringstream fields(line);
    double frame = 0;
    double person = 0;
    double flag = 0;
    pixel_box b;
    if (!(fields >> frame >> person >> b.left >> b.top >> b.width >> b.height >> flag))
      throw std::runtime_error(file.string() + ": a line is not FRAME,ID,LEFT,TOP,WIDTH,HEIGHT,"
                                               "FLAG,... (MOTChallenge 2015)");
    if (flag != 0)
      all[static_cast<std::uint64_t>(frame)].push_back({b, static_cast<std::uint64_t>(person)});
  }
  if (all.empty())
    throw std::runtime_error(file.string() + " holds no ground truth: name a file in the format "
                                             "of MOTChallenge 2015");
  return all;
}

precision judge(const boxes_by_frame<true_box>& truth, const boxes_by_frame<detected_box>& found,
                std::uint64_t last_frame, double iou, double track_confidence) {
  precision p;
  std::vector<ranked> all;
  std::map<std::uint64_t, std::uint64_t> last_track;
  for (std::uint64_t frame = 1; frame <= last_frame; ++frame) {
    const auto& there = at(truth, frame);
    p.persons += there.size();
    for (const auto& f : at(found, frame))
      all.push_back({f.confidence, frame, f.box});
    p.switches += count_switches(there, at(found, frame), iou, track_confidence, last_track);
  }
  std::ranges::stable_sort(all, std::greater<>(), &ranked::confidence);
  const auto curve = make_curve(truth, all, iou, static_cast<double>(p.persons));
  double high = 0; // the best precision at this recall or a higher one
  for (std::size_t i = curve.size(); i-- > 0;) {
    const auto [precision, recall] = curve[i];
    high = std::max(high, precision);
    p.average += high * (recall - (i > 0 ? curve[i - 1].second : 0));
    if (precision + recall > 0)
      p.best_f1 = std::max(p.best_f1, 2 * precision * recall / (precision + recall));
  }
  return p;
}

} // namespace monopod
