#include "actors/cloud/picture_cutter.hpp"

#include "core/limits.hpp"
#include "core/log.hpp"
#include "core/priority.hpp"

#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace monopod {

namespace {

constexpr const char* no_jpeg = "it is not a JPEG that can be cut";
constexpr const char* too_large = "it has too many pixels to cut it";
constexpr const char* too_many_scans = "it has too many scans to cut it";
constexpr float margin = 0.1F; // on each side, of the area's size

bool wanted(const wire::Detection& d, const std::vector<std::string>& labels) {
  return labels.empty() || std::ranges::find(labels, d.label()->string_view()) != labels.end();
}

// Within the picture, whatever it was; a NaN becomes `otherwise`.
float edge(float at, float otherwise) {
  return std::isnan(at) ? otherwise : std::clamp(at, 0.0F, 1.0F);
}

// Each scan of a progressive JPEG goes over the whole picture. In coded data a zero follows 0xff,
// so only metadata adds to the number.
std::size_t scans_of(std::span<const std::byte> jpeg) {
  constexpr std::array start_of_scan{std::byte{0xff}, std::byte{0xda}};
  std::size_t scans = 0;
  for (auto at = jpeg.begin();; ++scans) {
    const auto found = std::search(at, jpeg.end(), start_of_scan.begin(), start_of_scan.end());
    if (found == jpeg.end())
      return scans;
    at = found + start_of_scan.size();
  }
}

bool ends(std::span<const std::byte> jpeg) {
  return jpeg.size() > 2 && jpeg[jpeg.size() - 2] == std::byte{0xff} &&
         jpeg.back() == std::byte{0xd9};
}

struct header {
  int width = 0;
  int height = 0;
  int sampling = 0;
  int colours = 0;
};

// The transform holds all coefficients of the picture, two bytes each.
std::size_t transform_bytes(const header& h) {
  std::size_t per_pixel = 6; // 4:4:4
  if (h.sampling == TJSAMP_GRAY)
    per_pixel = 2;
  else if (h.sampling == TJSAMP_420 || h.sampling == TJSAMP_411)
    per_pixel = 3;
  else if (h.sampling == TJSAMP_422 || h.sampling == TJSAMP_440)
    per_pixel = 4;
  if (h.colours == TJCS_CMYK || h.colours == TJCS_YCCK)
    per_pixel += 2;
  return static_cast<std::size_t>(h.width) * static_cast<std::size_t>(h.height) * per_pixel;
}

// Rounds outwards to pixels, and the near edge on to the edge of a block.
std::pair<int, int> span_of(float from, float to, int size, int block) {
  const auto pixels = static_cast<double>(size);
  const int first = std::clamp(static_cast<int>(std::floor(from * pixels)), 0, size - 1);
  const int last = std::clamp(static_cast<int>(std::ceil(to * pixels)), first + 1, size);
  const int begin = first - first % block;
  return {begin, last - begin};
}

} // namespace

std::optional<picture_area> area_around(const wire::Inference& inference,
                                        const std::vector<std::string>& labels) {
  if (inference.detections() == nullptr)
    return std::nullopt;
  picture_area all{1, 1, 0, 0};
  bool any = false;
  for (const auto* d : *inference.detections()) {
    if (!wanted(*d, labels))
      continue;
    any = true;
    const auto* box = d->box();
    if (box == nullptr)
      return picture_area{};
    all.left = std::min(all.left, edge(box->x(), 0));
    all.top = std::min(all.top, edge(box->y(), 0));
    all.right = std::max(all.right, edge(box->x() + box->width(), 1));
    all.bottom = std::max(all.bottom, edge(box->y() + box->height(), 1));
  }
  if (!any)
    return std::nullopt;
  const auto beside = std::max(all.right - all.left, 0.0F) * margin;
  const auto above = std::max(all.bottom - all.top, 0.0F) * margin;
  return picture_area{edge(all.left - beside, 0), edge(all.top - above, 0),
                      edge(all.right + beside, 1), edge(all.bottom + above, 1)};
}

tl::expected<cut_picture, const char*> cut_jpeg(const payload& jpeg, const picture_area& area) {
  const auto* data = reinterpret_cast<const unsigned char*>(jpeg.bytes().data());
  const auto size = static_cast<unsigned long>(jpeg.size_bytes());
  const std::unique_ptr<void, int (*)(tjhandle)> cutter(tjInitTransform(), tjDestroy);
  header h;
  if (size == 0 || tjDecompressHeader3(cutter.get(), data, size, &h.width, &h.height, &h.sampling,
                                       &h.colours) != 0)
    return tl::unexpected(no_jpeg);
  if (h.width < 1 || h.height < 1 || h.sampling < 0 || h.sampling >= TJ_NUMSAMP)
    return tl::unexpected(no_jpeg);
  const auto [x, width] = span_of(area.left, area.right, h.width, tjMCUWidth[h.sampling]);
  const auto [y, height] = span_of(area.top, area.bottom, h.height, tjMCUHeight[h.sampling]);
  if (width == h.width && height == h.height)
    return cut_picture{jpeg, 0, 0, width, height};
  if (transform_bytes(h) > limits::picture_cut_bytes)
    return tl::unexpected(too_large);
  if (scans_of(jpeg.bytes()) > limits::picture_scans)
    return tl::unexpected(too_many_scans);
  tjtransform how{};
  how.r = {x, y, width, height};
  how.op = TJXOP_NONE;
  how.options = TJXOPT_CROP | TJXOPT_COPYNONE;
  unsigned char* cut = nullptr;
  unsigned long cut_size = 0;
  const int code = tjTransform(cutter.get(), data, size, 1, &cut, &cut_size, &how, 0);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(cut, tjFree);
  const auto* begin = reinterpret_cast<const std::byte*>(cut);
  // A warning tells of damage that a viewer would pass over, too. But a warning hides an error that
  // follows it: then the end is missing.
  if ((code != 0 && tjGetErrorCode(cutter.get()) != TJERR_WARNING) || !ends({begin, cut_size}))
    return tl::unexpected(no_jpeg);
  // TurboJPEG's buffer may be twice as large as what it holds.
  auto bytes = std::make_shared<const std::vector<std::byte>>(begin, begin + cut_size);
  const std::span<const std::byte> all(*bytes);
  return cut_picture{payload(std::move(bytes), all), x, y, width, height};
}

struct picture_cutter::job {
  payload jpeg;
  picture_area area;
  std::function<void(outcome)> done; // of the loop's thread: the other one only moves it
};

struct picture_cutter::shared {
  explicit shared(std::shared_ptr<loop::inbox> i) : inbox(std::move(i)) {}

  const std::shared_ptr<loop::inbox> inbox;
  std::mutex guard; // of all below
  std::condition_variable changed;
  std::deque<job> waiting; // at most limits::picture_uncut_bytes, or one
  std::size_t waiting_bytes = 0;
  std::deque<std::pair<job, outcome>> finished; // as many as were taken on since the last turn
  picture_cutter* owner = nullptr; // null: it has gone. The loop's thread alone reads it
  bool ended = false;
};

picture_cutter::picture_cutter(loop& host)
    : loop_(host), shared_(std::make_shared<shared>(host.remote())) {
  shared_->owner = this;
}

picture_cutter::~picture_cutter() {
  shared_->owner = nullptr;
  const std::lock_guard lock{shared_->guard};
  shared_->ended = true;
  shared_->waiting.clear();
  shared_->finished.clear();
  shared_->changed.notify_one();
}

void picture_cutter::cut(payload jpeg, const picture_area& area,
                         std::function<void(outcome)> done) {
  std::vector<job> given_up;
  {
    const std::lock_guard lock{shared_->guard};
    auto& s = *shared_;
    while (!s.waiting.empty() &&
           s.waiting_bytes + jpeg.size_bytes() > limits::picture_uncut_bytes) {
      s.waiting_bytes -= s.waiting.front().jpeg.size_bytes();
      given_up.push_back(std::move(s.waiting.front()));
      s.waiting.pop_front();
    }
    s.waiting_bytes += jpeg.size_bytes();
    s.waiting.push_back({std::move(jpeg), area, std::move(done)});
    s.changed.notify_one();
  }
  if (!std::exchange(started_, true))
    std::thread([with = shared_] {
      give_way(vision_niceness);
      work(with);
    }).detach();
  for (const auto& j : given_up)
    j.done(tl::unexpected(fault::busy));
}

void picture_cutter::work(const std::shared_ptr<shared>& with) {
  std::unique_lock lock(with->guard);
  for (;;) {
    with->changed.wait(lock, [&] { return with->ended || !with->waiting.empty(); });
    if (with->ended)
      return;
    auto j = std::move(with->waiting.front());
    with->waiting.pop_front();
    with->waiting_bytes -= j.jpeg.size_bytes();
    lock.unlock();
    auto made = cut_jpeg(j.jpeg, j.area);
    if (!made)
      log_limited(log_level::warn, "cloud", "picture can't be cut", {{"reason", made.error()}});
    j.jpeg = {};
    lock.lock();
    if (with->ended)
      return;
    with->finished.emplace_back(std::move(j), made ? outcome(std::move(*made))
                                                   : tl::unexpected(fault::unreadable));
    // If the inbox is full, the next picture's function takes this one along.
    [[maybe_unused]] const bool told = with->inbox->post([with] {
      if (with->owner != nullptr)
        with->owner->take_finished();
    });
  }
}

void picture_cutter::take_finished() {
  std::deque<std::pair<job, outcome>> finished;
  {
    const std::lock_guard lock{shared_->guard};
    finished.swap(shared_->finished);
  }
  for (auto& [j, made] : finished)
    j.done(std::move(made));
}

} // namespace monopod
