// Where pictures come from: what addresses say, what becomes of packets, how a live source is kept
// young. Pictures are drawn, encoded, and read back.
#include "core/clock.hpp"
#include "programs/sources/address.hpp"
#include "programs/sources/encoder.hpp"
#include "programs/sources/jpeg.hpp"
#include "programs/sources/live_reader.hpp"
#include "programs/sources/picture_reader.hpp"
#include "programs/sources/rate_limit.hpp"
#include "programs/sources/scene.hpp"
#include "tools/harness/process.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <poll.h>
#include <vector>

namespace monopod {

namespace {

using bytes = std::vector<std::byte>;

constexpr int width = 160;
constexpr int height = 128;

bytes jpeg_of(std::uint64_t number) {
  static street_scene scene(width, height);
  static jpeg_encoder encoder;
  const auto jpeg = encoder.encode_rgb(scene.draw(number).data(), width, height, 70);
  return {jpeg.bytes().begin(), jpeg.bytes().end()};
}

// As many USB cameras send it: the segments with Huffman tables (0xff 0xc4, length) left out.
bytes without_tables(const bytes& jpeg) {
  const auto at = [&jpeg](std::size_t i) { return std::to_integer<std::size_t>(jpeg.at(i)); };
  bytes out(jpeg.begin(), jpeg.begin() + 2);
  std::size_t i = 2;
  while (at(i + 1) != 0xda) { // up to the scan
    const auto length = 2 + at(i + 2) * 256 + at(i + 3);
    if (at(i + 1) != 0xc4)
      out.insert(out.end(), jpeg.begin() + static_cast<std::ptrdiff_t>(i),
                 jpeg.begin() + static_cast<std::ptrdiff_t>(i + length));
    i += length;
  }
  out.insert(out.end(), jpeg.begin() + static_cast<std::ptrdiff_t>(i), jpeg.end());
  return out;
}

// A reader of Motion JPEG, fed by hand.
struct jpeg_packets {
  explicit jpeg_packets(bool pass) : reader(format(), pass) {}

  std::optional<picture> feed(const bytes& data, int flags = 0) {
    const auto packet = new_packet();
    BOOST_REQUIRE(av_new_packet(packet.get(), static_cast<int>(data.size())) == 0);
    std::ranges::copy(data, reinterpret_cast<std::byte*>(packet->data));
    packet->flags = flags;
    reader.feed(*packet, 42);
    return reader.next();
  }
  static const AVCodecParameters& format() {
    static const media_ptr<AVCodecParameters> made = [] {
      init_media();
      media_ptr<AVCodecParameters> f(avcodec_parameters_alloc());
      f->codec_type = AVMEDIA_TYPE_VIDEO;
      f->codec_id = AV_CODEC_ID_MJPEG;
      return f;
    }();
    return *made;
  }

  picture_reader reader;
};

bool same(const payload& a, const bytes& b) { return std::ranges::equal(a.bytes(), b); }

bytes pixels(const picture& p) {
  const auto* begin = reinterpret_cast<const std::byte*>(p.rgb);
  return {begin, begin + std::ptrdiff_t{p.width} * p.height * 3};
}

bytes operator+(bytes a, const bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void write(const std::filesystem::path& path, const bytes& data) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
}

// All that a file gives, as passed on.
std::vector<bytes> play(const std::filesystem::path& path, std::uint64_t broken = 0) {
  const auto file = make_source({.address = path.string()});
  BOOST_TEST(!file->live());
  std::vector<bytes> all;
  while (const auto p = file->next()) {
    BOOST_TEST(p->width == width);
    BOOST_TEST(p->height == height);
    all.emplace_back(p->jpeg.bytes().begin(), p->jpeg.bytes().end());
  }
  BOOST_TEST(file->stats().broken == broken);
  return all;
}

bool readable(int descriptor) {
  pollfd p{descriptor, POLLIN, 0};
  return poll(&p, 1, 0) == 1;
}

} // namespace

BOOST_AUTO_TEST_CASE(addresses_say_what_they_name) {
  for (const auto& [address, kind] :
       {std::pair{"synthetic", source_kind::synthetic}, std::pair{"a.mjpeg", source_kind::file},
        std::pair{"https://a/b", source_kind::file}, std::pair{"rtsp://a", source_kind::rtsp},
        std::pair{"RTSPS://a", source_kind::rtsp}, std::pair{"http://a/b", source_kind::mjpeg},
        std::pair{"/dev/video0", source_kind::device}, std::pair{"", source_kind::file}})
    BOOST_TEST((kind_of(address) == kind), address);
}

BOOST_AUTO_TEST_CASE(addresses_keep_their_secrets) {
  for (const auto& [address, shown] :
       {std::pair{"rtsp://h:554/s", "rtsp://h:554/s"},
        std::pair{"rtsp://u:p@h/s", "rtsp://***@h/s"},
        std::pair{"rtsp://u:p@q@h/s", "rtsp://***@h/s"},
        std::pair{"rtsp://u:p/q@h/s", "rtsp://***@h/s"},
        std::pair{"rtsp://u:p?q@h/s", "rtsp://***@h/s"},
        std::pair{"http://h/a/b?user=u&pwd=p", "http://h/a/b..."},
        std::pair{"rtsp://h/a/user=u_password=p_channel=1.sdp", "rtsp://h/a/..."},
        std::pair{"rtsp://h=p", "rtsp://..."}, std::pair{"/a/b@c=d.avi", "/a/b@c=d.avi"}})
    BOOST_TEST(without_secrets(address) == shown);
}

BOOST_AUTO_TEST_CASE(a_jpeg_is_whole_or_it_is_none) {
  const auto jpeg = jpeg_of(0);
  const auto found = read_jpeg(jpeg);
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->bytes == jpeg.size());
  BOOST_TEST(found->width == width);
  BOOST_TEST(found->height == height);
  BOOST_TEST(found->has_huffman_tables);
  for (std::size_t size = 0; size < jpeg.size(); ++size)
    BOOST_REQUIRE(!read_jpeg(std::span(jpeg).first(size)));
  const auto bare = read_jpeg(without_tables(jpeg));
  BOOST_REQUIRE(bare.has_value());
  BOOST_TEST(!bare->has_huffman_tables);
  const auto padded = read_jpeg(jpeg + bytes(100, std::byte{0}));
  BOOST_REQUIRE(padded.has_value());
  BOOST_TEST(padded->bytes == jpeg.size());
  BOOST_TEST(!read_jpeg(jpeg + jpeg));
  BOOST_TEST(!read_jpeg(bytes(1, std::byte{0}) + jpeg));
}

BOOST_AUTO_TEST_CASE(a_jpeg_passes_byte_for_byte) {
  jpeg_packets device(true);
  const auto jpeg = jpeg_of(1);
  for (const auto& packet : {jpeg, jpeg + bytes(100, std::byte{0})}) {
    const auto p = device.feed(packet);
    BOOST_REQUIRE(p.has_value());
    BOOST_TEST(same(p->jpeg, jpeg));
    BOOST_TEST(p->captured_at_ns == 42u);
    BOOST_TEST(p->width == width);
  }
  BOOST_TEST(device.reader.broken() == 0u);
}

BOOST_AUTO_TEST_CASE(broken_packets_are_counted_and_cost_only_themselves) {
  for (const bool pass : {true, false}) {
    jpeg_packets device(pass);
    const auto jpeg = jpeg_of(1);
    const bytes half(jpeg.begin(), jpeg.begin() + static_cast<std::ptrdiff_t>(jpeg.size() / 2));
    BOOST_TEST(!device.feed({}));
    BOOST_TEST(!device.feed(half));
    BOOST_TEST(!device.feed(half + jpeg)); // the end of one is missing
    BOOST_TEST(!device.feed(jpeg, AV_PKT_FLAG_CORRUPT));
    BOOST_TEST(device.feed(jpeg).has_value());
    BOOST_TEST(device.reader.broken() == 4u);
  }
}

BOOST_AUTO_TEST_CASE(missing_huffman_tables_are_put_in) {
  jpeg_packets device(true);
  jpeg_packets decoder(false);
  const auto jpeg = jpeg_of(2);
  const auto p = device.feed(without_tables(jpeg));
  BOOST_REQUIRE(p.has_value());
  BOOST_REQUIRE(read_jpeg(p->jpeg.bytes()).has_value());
  BOOST_TEST(read_jpeg(p->jpeg.bytes())->has_huffman_tables);
  const auto original = decoder.feed(jpeg);
  BOOST_REQUIRE(original.has_value());
  const auto wanted = pixels(*original);
  const auto completed = decoder.feed({p->jpeg.bytes().begin(), p->jpeg.bytes().end()});
  BOOST_REQUIRE(completed.has_value());
  BOOST_TEST((pixels(*completed) == wanted));
  BOOST_TEST(completed->captured_at_ns == 42u);
}

BOOST_AUTO_TEST_CASE(video_files_of_jpeg_pass_byte_for_byte) {
  const harness::temporary_directory scratch;
  std::vector<bytes> made;
  bytes together;
  for (std::uint64_t i = 0; i < 20; ++i) {
    made.push_back(jpeg_of(i * 10));
    together = together + made.back();
  }
  const auto raw = scratch.path() / "raw.mjpeg";
  const auto avi = scratch.path() / "video.avi";
  write(raw, together);
  BOOST_REQUIRE(
      harness::run({"ffmpeg", "-loglevel", "error", "-i", raw.string(), "-c", "copy", avi.string()})
          .exit_code == 0);
  BOOST_TEST((play(raw) == made));
  BOOST_TEST((play(avi) == made));

  // Cut off within its last picture, as by a full disk.
  together.resize(together.size() - 100);
  write(raw, together);
  made.pop_back();
  BOOST_TEST((play(raw, 1) == made));
}

BOOST_AUTO_TEST_CASE(a_picture_is_a_video_that_may_loop) {
  const std::string path = MONOPOD_SOURCE_DIR "/tests/pictures/chelsea.jpg";
  const auto once = make_source({.address = path});
  BOOST_TEST(once->next().has_value());
  BOOST_TEST(!once->next().has_value());
  const auto again = make_source({.address = path, .loop = true});
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(again->next().value().jpeg.size_bytes() == std::filesystem::file_size(path));
}

BOOST_AUTO_TEST_CASE(a_queue_that_is_full_starts_over_with_a_picture_that_needs_no_other) {
  live_queue<int> queue(3);
  BOOST_TEST(!readable(queue.descriptor()));
  queue.push(1, false); // needs what nobody has
  BOOST_TEST(!queue.pop());
  for (int i = 2; i <= 4; ++i)
    queue.push(i, i == 2);
  BOOST_TEST(readable(queue.descriptor()));
  BOOST_TEST(queue.skipped() == 1u);
  queue.push(5, false); // 2 to 4 go, and this one needs them
  BOOST_TEST(queue.skipped() == 5u);
  queue.push(6, false);
  queue.push(7, true);
  queue.push(8, false);
  BOOST_TEST(queue.skipped() == 6u);
  BOOST_TEST(queue.pop().value() == 7);
  queue.break_off();
  queue.push(9, false);
  BOOST_TEST(queue.pop().value() == 8);
  BOOST_TEST(!queue.pop());
  BOOST_TEST(!readable(queue.descriptor()));
  BOOST_TEST(queue.skipped() == 7u);
}

BOOST_AUTO_TEST_CASE(a_rate_is_kept_whatever_comes) {
  const auto kept = [](double limit, double fps, std::uint64_t jitter_ns) {
    rate_limit rate(limit);
    int count = 0;
    for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(fps * 10); ++i) {
      const auto due_ns = ns_per_s + static_cast<std::uint64_t>(static_cast<double>(i) * 1e9 / fps);
      count += rate.take(due_ns + (i % 2) * jitter_ns) ? 1 : 0;
    }
    return count; // of ten seconds
  };
  BOOST_TEST(kept(10, 25, 0) >= 100);
  BOOST_TEST(kept(10, 25, 0) <= 102);
  BOOST_TEST(kept(30, 30, 0) == 300);
  BOOST_TEST(kept(30, 30, 30 * ns_per_ms) == 300); // late by almost a period
  BOOST_TEST(kept(30, 5, 0) == 50);
}

BOOST_AUTO_TEST_CASE(retries_back_off_within_bounds) {
  for (const auto& [failures, ms] : {std::pair{1u, 250u}, std::pair{2u, 500u}, std::pair{5u, 4000u},
                                     std::pair{6u, 8000u}, std::pair{1000u, 8000u}}) {
    BOOST_TEST(retry_delay_ms(failures, 1) == ms);
    BOOST_TEST(retry_delay_ms(failures, 0) == ms / 2);
  }
}

} // namespace monopod
