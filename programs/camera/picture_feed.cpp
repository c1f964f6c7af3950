#include "programs/camera/picture_feed.hpp"

namespace monopod {

picture_feed::picture_feed(const camera_options& o)
    : flood_(o.flood), source_(make_source(source_of(o))),
      quality_(average_bytes_of(o), o.quality.value_or(60)) {}

std::optional<encoded_picture> picture_feed::next() {
  // A flood repeats a few pictures, because otherwise it would measure the encoder.
  constexpr std::size_t flood_pictures = 16;
  const auto number = number_++;
  if (flood_ && repeated_.size() == flood_pictures)
    return repeated_[number % flood_pictures];
  const auto p = source_->next();
  if (!p)
    return std::nullopt;
  any_ = true;
  encoded_picture made{.jpeg = !p->jpeg.empty() ? p->jpeg
                                                : encoder_.encode_rgb(p->rgb, p->width, p->height,
                                                                      quality_.quality()),
                       .width = static_cast<std::uint16_t>(p->width),
                       .height = static_cast<std::uint16_t>(p->height),
                       .captured_at_ns = p->captured_at_ns};
  quality_.encoded(made.jpeg.size_bytes());
  if (flood_)
    repeated_.push_back(made);
  return made;
}

} // namespace monopod
