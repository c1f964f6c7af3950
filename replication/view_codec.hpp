// Members, ballots and views as parts of a message or a file (schemas/view.fbs), and back.
#pragma once

#include "replication/view.hpp"
#include "schemas/view_generated.h"

namespace monopod::codec {

/// Thrown for a value that FlatBuffers verified and that is out of bounds all the same. Thrown by
/// read() and its callers; it never leaves the function that decodes the whole message.
struct out_of_bounds {};

template <class T>
using offset = flatbuffers::Offset<T>;

offset<wire::Member> write(flatbuffers::FlatBufferBuilder& b, const member& m);
offset<wire::Ballot> write(flatbuffers::FlatBufferBuilder& b, const ballot& n);
/// A null offset for null.
offset<wire::View> write(flatbuffers::FlatBufferBuilder& b, const view_ptr& v);

/// These throw out_of_bounds for an invalid name (core/names.hpp; an empty one is allowed), for
/// more members or voters than limits::group_members, and for a view without version. `from` must
/// be verified; it is copied.
member read(const wire::Member& from);
ballot read(const wire::Ballot& from);
/// Null for null.
view_ptr read(const wire::View* from);

} // namespace monopod::codec
