#include "core/zmtp/decoder.hpp"

#include "core/limits.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace monopod::zmtp {

namespace {

constexpr std::size_t short_size_bytes = 1;
constexpr std::size_t long_size_bytes = 8;
constexpr std::size_t envelope_first_bytes = 1024; // most envelopes are shorter

} // namespace

decoder::status decoder::next(std::span<const std::byte>& in) {
  while (true) {
    switch (state_) {
    case state::greeting:
      if (!read_greeting(in))
        return problem_.empty() ? status::wants_more : fail(problem_);
      break;
    case state::flags:
      if (!collect(in, 1))
        return status::wants_more;
      flags_ = std::to_integer<unsigned char>(collected_[0]);
      collected_bytes_ = 0;
      state_ = state::size;
      break;
    case state::size:
      if (!read_size(in))
        return problem_.empty() ? status::wants_more : fail(problem_);
      break;
    case state::part:
      if (!read_part(in))
        return status::wants_more;
      if (const auto s = end_part(); s != status::wants_more)
        return s;
      break;
    case state::broken:
      return status::broken;
    }
  }
}

// Collects bytes until `bytes` of them are in collected_. Returns whether they are.
bool decoder::collect(std::span<const std::byte>& in, std::size_t bytes) {
  const auto n = std::min(in.size(), bytes - collected_bytes_);
  std::ranges::copy(in.first(n),
                    collected_.begin() + static_cast<std::ptrdiff_t>(collected_bytes_));
  in = in.subspan(n);
  collected_bytes_ += n;
  return collected_bytes_ == bytes;
}

bool decoder::read_greeting(std::span<const std::byte>& in) {
  const bool whole = collect(in, greeting_bytes);
  problem_ = greeting_problem(std::span(collected_).first(collected_bytes_));
  if (!whole || !problem_.empty())
    return false;
  collected_bytes_ = 0;
  state_ = state::flags;
  return true;
}

bool decoder::read_size(std::span<const std::byte>& in) {
  if (!collect(in, (flags_ & flag::long_size) != 0 ? long_size_bytes : short_size_bytes))
    return false;
  std::uint64_t size = 0;
  for (const auto b : std::span(collected_).first(collected_bytes_))
    size = size << 8 | std::to_integer<std::uint64_t>(b);
  collected_bytes_ = 0;
  const bool is_command = (flags_ & flag::command) != 0;
  if ((flags_ & ~(flag::more | flag::long_size | flag::command)) != 0 ||
      (is_command && (flags_ & flag::more) != 0))
    problem_ = "sends a frame with unknown flags";
  else if (!is_command && !ready_)
    problem_ = "does not begin with READY";
  else if (size > (is_command ? command_bytes_max : limits_.part_bytes))
    problem_ = "sends a message over the limit";
  else if (!is_command && part_ >= limits::message_parts)
    problem_ = "sends a message of too many parts";
  if (!problem_.empty())
    return false;
  begin_part(static_cast<std::size_t>(size));
  return true;
}

void decoder::begin_part(std::size_t bytes) {
  state_ = state::part;
  size_bytes_ = bytes;
  done_ = 0;
  room_ = nullptr;
  room_bytes_ = 0;
  if ((flags_ & flag::command) != 0) {
    target_ = target::command;
    command_.clear();
  } else if (part_ == 0 && bytes <= limits_.envelope_bytes) {
    target_ = target::envelope;
    message_.envelope_bytes = bytes;
  } else if (part_ == 1 && limits_.body) {
    target_ = target::body;
  } else {
    target_ = target::skipped;
    message_.well_formed = false;
  }
}

// Memory for so many bytes of the part, and for some more: at most twice of what has arrived, or as
// much as most parts take, so that these are allocated once.
void decoder::make_room(std::size_t bytes) {
  if (bytes <= room_bytes_ || target_ == target::skipped)
    return;
  const auto first = target_ == target::body ? limits::body_first_bytes : envelope_first_bytes;
  room_bytes_ = std::min(size_bytes_, std::max<std::size_t>({bytes, 2 * room_bytes_, first}));
  if (target_ == target::command) {
    command_.resize(room_bytes_);
    room_ = command_.data();
  } else if (target_ == target::envelope) {
    message_.aligned.resize((room_bytes_ + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
    room_ = std::as_writable_bytes(std::span(message_.aligned)).data();
  } else {
    const auto larger = std::make_shared_for_overwrite<std::byte[]>(room_bytes_);
    if (done_ > 0)
      std::memcpy(larger.get(), room_, done_);
    body_ = larger;
    room_ = body_.get();
  }
}

bool decoder::read_part(std::span<const std::byte>& in) {
  const auto n = std::min(in.size(), size_bytes_ - done_);
  make_room(done_ + n);
  if (target_ != target::skipped && n > 0)
    std::memcpy(room_ + done_, in.data(), n);
  in = in.subspan(n);
  done_ += n;
  return done_ == size_bytes_;
}

decoder::status decoder::end_part() {
  state_ = state::flags;
  if ((flags_ & flag::command) != 0)
    return end_command();
  if (target_ == target::body)
    message_.body = payload(std::move(body_), {room_, size_bytes_});
  if ((flags_ & flag::more) != 0) {
    ++part_;
    return status::wants_more;
  }
  part_ = 0;
  return status::message;
}

// Unknown commands are ignored (ZMTP 3.0, "Commands").
decoder::status decoder::end_command() {
  if (!ready_) {
    if (const auto why = ready_problem(command_, mine_); !why.empty())
      return fail(why);
    ready_ = true;
    return status::wants_more;
  }
  const auto asked = read_ping(command_);
  context_ = asked.context;
  return asked.is_ping ? status::pinged : status::wants_more;
}

decoder::status decoder::fail(std::string_view problem) {
  problem_ = problem;
  state_ = state::broken;
  message_ = {};
  body_.reset();
  return status::broken;
}

message decoder::take() { return std::exchange(message_, {}); }

std::span<std::byte> decoder::room() {
  if (state_ != state::part || target_ == target::skipped)
    return {};
  if (done_ == room_bytes_)
    make_room(done_ + 1);
  return {room_ + done_, room_bytes_ - done_};
}

std::size_t decoder::unfinished_bytes() const {
  if (state_ == state::flags && part_ == 0)
    return 0;
  const auto of_body = message_.body.size_bytes() + (body_ != nullptr ? room_bytes_ : 0);
  const auto of_command = target_ == target::command ? room_bytes_ : 0;
  return sizeof(collected_) + message_.aligned.size() * sizeof(std::uint64_t) + of_body +
         of_command;
}

} // namespace monopod::zmtp
