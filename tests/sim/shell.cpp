// What a primary does for cameras and cloud, as gateway, broker, keeper and bridge do it.
#include "schemas/codec.hpp"
#include "tests/sim/node.hpp"

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
    serving_ = core_->epoch();
    taken_.clear();
    told_.clear();
    working_.clear();
    opened_.clear();
    greeted_ns_ = published_to_ = 0;
  }
  if (now() - greeted_ns_ > 20 * ms && effect(0)) {
    greeted_ns_ = now();
    outside_.hello(number_, serving_);
  }
  if (now() - published_ns_ > 100 * ms) { // what was not confirmed goes again
    published_ns_ = now();
    published_to_ = 0;
  }
  if (std::exchange(sealing_, true))
    return; // an op that was committed at once: what called it goes on
  while (!working_.empty() && now() >= working_.front().ready_ns && seal())
    ;
  sealing_ = false;
  for (std::uint64_t camera = 0; camera < ends::cameras; ++camera) {
    const auto* known = core_->state().camera(name_of(camera));
    if (known != nullptr && known->settled_seq > told_[camera] && effect(core_->log().commit())) {
      told_[camera] = known->settled_seq;
      outside_.ack(number_, serving_, camera, known->settled_seq);
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

void node::frame(const frame_message& m) {
  if (!running())
    return;
  run([this, m] {
    if (serving_ == 0 || serving_ != core_->epoch() || !core_->accepting(local_now()))
      return;
    const auto* known = core_->state().camera(name_of(m.camera));
    const auto cursor = known == nullptr ? 0 : known->settled_seq;
    auto& taken = taken_.try_emplace(m.camera, cursor).first->second;
    if (m.seq <= taken && !broken(mutant::g4_processed_again)) {
      if (m.seq <= cursor && effect(core_->log().commit())) // G4
        outside_.ack(number_, serving_, m.camera, cursor);
      return;
    }
    if (m.seq > std::max(taken + 1, m.oldest))
      return; // a gap that the camera has not declared: it sends again
    taken = std::max(taken, m.seq);
    constexpr std::uint64_t processing_ns = 2 * ms;
    working_.push_back({m.camera, m.seq, now() + processing_ns});
    all_.events.after(processing_ns, [this, life = life_] {
      if (life == life_)
        run([this] { serve(); });
    });
  });
}

// The result of the oldest frame in work becomes an op.
bool node::seal() {
  if (!core_->accepting(local_now()))
    return false;
  const auto f = working_.front();
  working_.pop_front();
  const auto name = name_of(f.camera);
  if (core_->state().camera(name) == nullptr && opened_.insert(f.camera).second)
    append([&](auto& b) { return wire::CreateStreamOpenedDirect(b, name.c_str(), 1); });
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
