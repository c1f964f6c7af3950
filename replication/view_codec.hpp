// Members, ballots and views as parts of a message or a file (schemas/view.fbs), and back.
#pragma once

#include "replication/view.hpp"
#include "schemas/view_generated.h"

namespace monopod::codec {

/// What is verified and yet out of bounds. Thrown by read() and who calls it; never leaves the
/// function that decodes the whole.
struct out_of_bounds {};

template <class T>
using offset = flatbuffers::Offset<T>;

offset<wire::Member> write(flatbuffers::FlatBufferBuilder& b, const member& m);
offset<wire::Ballot> write(flatbuffers::FlatBufferBuilder& b, const ballot& n);
/// Nothing for null.
offset<wire::View> write(flatbuffers::FlatBufferBuilder& b, const view_ptr& v);

/// Throw out_of_bounds: names that are none (core/names.hpp; empty ones are), more members or
/// voters than limits::group_members, a view without version. `from` must be verified and is
/// copied.
member read(const wire::Member& from);
ballot read(const wire::Ballot& from);
/// Null for null.
view_ptr read(const wire::View* from);

} // namespace monopod::codec
