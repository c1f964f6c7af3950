// The shell of a primary: does for cameras and cloud what gateway, broker, ledger stage and cloud
// stage do.
#include "schemas/codec.hpp"
#include "tests/sim/node.hpp"

#include <algorithm>
#include <vector>

namespace monopod::sim {

namespace {

std::string name_of(std::uint64_t camera) { return "cam" + std::to_string(camera); }

} // namespace

// L1, O2: the clock is read afresh for each effect.
bool node::effect(std::uint64_t index) {
  if (paused() || !core_->may_act(local_now()))
    return false;
  all_.facts.effect(*core_, index, all_.everyone());
  return true;
}

void node::serve() {
  if (core_->what() != replica::role::primary) {
    serving_ = 0;
    return;
  }
  if (serving_ != core_->epoch()) {
    if (!core_->accepting(local_now()))
      return;
    begin_to_serve();
  }
  if (now() - greeted_ns_ > 20 * ms && effect(0)) {
    greeted_ns_ = now();
    outside_.hello(number_, serving_);
  }
  if (now() - published_ns_ > 100 * ms) { // unconfirmed results go again
    published_ns_ = now();
    published_to_ = 0;
  }
  if (std::exchange(sealing_, true))
    return; // an op was committed at once, and the caller goes on
  while (!working_.empty() && now() >= working_.front().ready_ns && seal())
    ;
  sealing_ = false;
  for (std::uint64_t camera = 0; camera < ends::cameras; ++camera) {
    const auto cursor = acknowledged(camera);
    if (cursor > told_[camera] && effect(core_->log().commit())) {
      told_[camera] = cursor;
      outside_.ack(number_, serving_, camera, cursor);
    }
  }
  while (const auto* entry = core_->state().next_entry("cloud", published_to_)) {
    if (!effect(entry->index))
      break;
    published_to_ = entry->index;
    const auto* op = wire::GetOp(entry->bytes->data())->body_as_Finished();
    const auto camera = static_cast<std::uint64_t>(op->camera()->c_str()[3] - '0');
    outside_.publish(number_, camera, op->seq(), entry->index);
  }
}

// Frames in the ledger come first, since their cameras may be gone.
void node::begin_to_serve() {
  serving_ = core_->epoch();
  taken_.clear();
  told_.clear();
  working_.clear();
  opened_.clear();
  greeted_ns_ = published_to_ = 0;
  for (std::uint64_t camera = 0; camera < ends::cameras; ++camera)
    if (const auto* frames = core_->state().taken().of(name_of(camera)))
      for (const auto& f : *frames) {
        taken_[camera] = f.seq;
        work_on(camera, f.seq);
      }
}

// The sequence number up to which a camera may forget its frames.
std::uint64_t node::acknowledged(std::uint64_t camera) const {
  const auto name = name_of(camera);
  const auto* known = core_->state().camera(name);
  const auto* frames = core_->state().taken().of(name);
  return std::max(known == nullptr ? 0 : known->settled_seq,
                  frames == nullptr ? 0 : frames->back().seq);
}

void node::work_on(std::uint64_t camera, std::uint64_t seq) {
  const auto processing_ns = all_.plan.replicated ? 50 * ms : 2 * ms;
  working_.push_back({camera, seq, now() + processing_ns});
  all_.events.after(processing_ns, [this, life = life_] {
    if (life == life_)
      run([this] { serve(); });
  });
}

void node::open_stream(std::uint64_t camera) {
  const auto name = name_of(camera);
  if (core_->state().camera(name) == nullptr && opened_.insert(camera).second)
    append([&](auto& b) { return wire::CreateStreamOpenedDirect(b, name.c_str(), 1); });
}

void node::take_in(std::uint64_t camera, std::uint64_t seq) {
  open_stream(camera);
  append([&](auto& b) {
    const auto name = name_of(camera);
    const std::vector<std::uint8_t> picture{1, 2, 3};
    return wire::CreateFrameTakenDirect(b, wire::CreateFrameDirect(b, name.c_str(), 1, seq),
                                        &picture);
  });
  if (seq % 8 == 3) // too early, since the frame is held (G5)
    append([&](auto& b) { return wire::CreateCameraForgottenDirect(b, name_of(camera).c_str()); });
}

void node::frame(const frame_message& m) {
  if (!running())
    return;
  run([this, m] {
    if (serving_ == 0 || serving_ != core_->epoch() || !core_->accepting(local_now()))
      return;
    const auto cursor = acknowledged(m.camera);
    auto& taken = taken_.try_emplace(m.camera, cursor).first->second;
    if (m.seq <= taken && !broken(mutant::g4_processed_again)) {
      if (m.seq <= cursor && effect(core_->log().commit())) // G4
        outside_.ack(number_, serving_, m.camera, cursor);
      return;
    }
    if (m.seq > std::max(taken + 1, m.oldest))
      return; // a gap that the camera has not declared; it sends again
    taken = std::max(taken, m.seq);
    work_on(m.camera, m.seq);
    if (all_.plan.replicated)
      take_in(m.camera, m.seq);
  });
}

// Makes an op of the result of the oldest frame in work.
bool node::seal() {
  if (!core_->accepting(local_now()))
    return false;
  const auto f = working_.front();
  working_.pop_front();
  const auto name = name_of(f.camera);
  open_stream(f.camera);
  append([&](auto& b) {
    return wire::CreateFinishedDirect(b, name.c_str(), 1, f.seq, "app", f.seq, 0, 0, 0, 0, 0,
                                      wire::CreateInferenceDirect(b, "model"));
  });
  if (broken(mutant::o2_publishes_uncommitted) && running() && effect(core_->log().last()))
    outside_.publish(number_, f.camera, f.seq, core_->log().last());
  return true;
}

void node::puback(std::uint64_t entry) {
  if (!running())
    return;
  run([this, entry] {
    if (serving_ != 0 && serving_ == core_->epoch() && core_->accepting(local_now()))
      append([&](auto& b) { return wire::CreateCloudAckedDirect(b, "cloud", entry); }, false);
  });
}

template <class Make>
void node::append(Make make, bool urgent) {
  if (!core_->accepting(local_now()))
    return;
  flatbuffers::FlatBufferBuilder b(256);
  const auto encoded = finish_op(b, core_->next_index(), core_->epoch(), make(b));
  step(input::append{
      std::make_shared<const std::vector<std::uint8_t>>(encoded.begin(), encoded.end()), urgent});
}

} // namespace monopod::sim
