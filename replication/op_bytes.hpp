// An op as bytes, in the form in which it is passed around.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace monopod {

/// The bytes of one op (schemas/ledger.fbs) as they were appended: immutable, encoded once, and
/// shared by the ledger, the messages to backups and the writes to disk.
using op_bytes = std::shared_ptr<const std::vector<std::uint8_t>>;

} // namespace monopod
