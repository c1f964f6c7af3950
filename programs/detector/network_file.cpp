#include "programs/detector/network_file.hpp"

#include "programs/detector/limits.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <lzma.h>

namespace monopod {

namespace {

using bytes = std::vector<unsigned char>;

// liblzma's decoder, ended with the object.
class xz_decoder {
public:
  xz_decoder() { ready_ = lzma_stream_decoder(&stream_, limits::network_xz_bytes, 0) == LZMA_OK; }
  ~xz_decoder() { lzma_end(&stream_); }
  xz_decoder(const xz_decoder&) = delete;
  xz_decoder& operator=(const xz_decoder&) = delete;

  bool ready() const { return ready_; }
  lzma_stream& stream() { return stream_; }

private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ready_ = false;
};

tl::unexpected<std::string> problem(const char* text) { return tl::unexpected<std::string>(text); }

std::string meaning(lzma_ret code) {
  switch (code) {
  case LZMA_FORMAT_ERROR:
    return "it is not a file of xz";
  case LZMA_MEMLIMIT_ERROR:
    return "it takes more than 128 MiB to uncompress; compress it by xz -9 at most";
  case LZMA_BUF_ERROR:
    return "it is cut off; copy it again";
  default:
    return "it is damaged; copy it again";
  }
}

// Uncompresses the file piece by piece, so that only one of the two is in memory.
tl::expected<bytes, std::string> uncompressed(std::ifstream& file) {
  xz_decoder decoder;
  if (!decoder.ready())
    return problem("there is no memory to uncompress it");
  auto& stream = decoder.stream();
  std::array<char, 64 * 1024> piece{};
  bytes out(16 * 1024 * 1024); // of one usual network, so that it is not moved as it grows
  stream.next_out = out.data();
  stream.avail_out = out.size();
  for (lzma_ret code = LZMA_OK; code != LZMA_STREAM_END;) {
    if (stream.avail_in == 0) {
      file.read(piece.data(), piece.size());
      stream.next_in = reinterpret_cast<const std::uint8_t*>(piece.data());
      stream.avail_in = static_cast<std::size_t>(file.gcount());
    }
    if (stream.avail_out == 0) {
      const auto size = out.size();
      if (size >= limits::network_bytes)
        return problem("it has more than 512 MiB, which is too large");
      out.resize(std::min(size * 2, limits::network_bytes));
      stream.next_out = out.data() + size;
      stream.avail_out = out.size() - size;
    }
    code = lzma_code(&stream, file.eof() ? LZMA_FINISH : LZMA_RUN);
    if (code != LZMA_OK && code != LZMA_STREAM_END)
      return tl::unexpected(meaning(code));
  }
  out.resize(out.size() - stream.avail_out);
  return out;
}

tl::expected<bytes, std::string> as_it_is(std::ifstream& file) {
  file.seekg(0, std::ios::end);
  const auto size = file.tellg();
  if (size < 0 || static_cast<std::size_t>(size) > limits::network_bytes)
    return problem("it has more than 512 MiB, which is too large");
  bytes out(static_cast<std::size_t>(size));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(out.data()), size);
  if (file.gcount() != size)
    return problem("it can't be read");
  return out;
}

} // namespace

tl::expected<bytes, std::string> read_network(const std::filesystem::path& path) {
  const auto failed = [&path](const std::string& why) {
    return tl::unexpected("network " + path.string() + ": " + why);
  };
  std::error_code ignored;
  std::ifstream file(path, std::ios::binary);
  if (!std::filesystem::is_regular_file(path, ignored) || !file)
    return failed("can't be read; `file` in the model's TOML file names it, seen from there");
  auto content = path.extension() == ".xz" ? uncompressed(file) : as_it_is(file);
  if (!content)
    return failed(content.error());
  if (content->empty())
    return failed("is empty; export it again");
  return content;
}

} // namespace monopod
