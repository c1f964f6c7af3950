#include "replication/view_codec.hpp"

#include "core/limits.hpp"
#include "core/names.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace monopod::codec {

namespace {

std::string name(const flatbuffers::String* text) {
  if (text->size() > 0 && !valid_name(text->string_view()))
    throw out_of_bounds();
  return text->str();
}

} // namespace

offset<wire::Member> write(flatbuffers::FlatBufferBuilder& b, const member& m) {
  return wire::CreateMemberDirect(b, m.name.c_str(), m.incarnation);
}

offset<wire::Ballot> write(flatbuffers::FlatBufferBuilder& b, const ballot& n) {
  return wire::CreateBallotDirect(b, n.round, n.proposer.c_str(), n.incarnation);
}

offset<wire::View> write(flatbuffers::FlatBufferBuilder& b, const view_ptr& v) {
  if (v == nullptr)
    return 0;
  std::vector<offset<wire::Member>> in_sync;
  for (const auto& m : v->in_sync)
    in_sync.push_back(write(b, m));
  std::vector<offset<wire::Voter>> voters;
  for (const auto& x : v->voters)
    voters.push_back(wire::CreateVoterDirect(b, x.name.c_str(), x.id));
  const auto primary = write(b, v->primary);
  const auto born = write(b, v->born);
  const auto previous = write(b, v->previous);
  return wire::CreateViewDirect(b, v->version, v->epoch, primary, &in_sync, &voters, born,
                                previous);
}

member read(const wire::Member& from) { return {name(from.name()), from.incarnation()}; }

ballot read(const wire::Ballot& from) {
  return {from.round(), name(from.proposer()), from.incarnation()};
}

view_ptr read(const wire::View* from) {
  if (from == nullptr)
    return nullptr;
  if (from->in_sync()->size() > limits::group_members ||
      from->voters()->size() > limits::group_members || from->version() == 0)
    throw out_of_bounds();
  group_view v;
  v.version = from->version();
  v.epoch = from->epoch();
  v.primary = read(*from->primary());
  for (const auto* m : *from->in_sync())
    v.in_sync.push_back(read(*m));
  for (const auto* x : *from->voters())
    v.voters.push_back({name(x->name()), x->id()});
  v.born = read(*from->born());
  v.previous = read(*from->previous());
  return std::make_shared<const group_view>(std::move(v));
}

} // namespace monopod::codec
