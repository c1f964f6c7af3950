#include "programs/sources/source.hpp"

#include "programs/sources/address.hpp"
#include "programs/sources/live_source.hpp"
#include "programs/sources/media.hpp"
#include "programs/sources/scene.hpp"
#include "programs/sources/video_file.hpp"

namespace monopod {

namespace {

// A drawn street, which never ends.
class synthetic_source final : public source {
public:
  synthetic_source(int width, int height) : scene_(width, height) {}
  std::optional<picture> next() override {
    return picture{{}, scene_.draw(number_++).data(), scene_.width(), scene_.height(), 0};
  }

private:
  street_scene scene_;
  std::uint64_t number_ = 0;
};

} // namespace

std::unique_ptr<source> make_source(const source_options& options) {
  switch (kind_of(options.address)) {
  case source_kind::synthetic:
    return std::make_unique<synthetic_source>(options.width, options.height);
  case source_kind::file:
    return std::make_unique<video_file>(options);
  default:
    return std::make_unique<live_source>(options);
  }
}

} // namespace monopod
