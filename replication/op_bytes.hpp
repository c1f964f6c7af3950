// An op as bytes, as everybody hands it on.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace monopod {

/// The bytes of one op (schemas/ledger.fbs), as they were appended; shared by ledger, backups and
/// disk.
using op_bytes = std::shared_ptr<const std::vector<std::uint8_t>>;

} // namespace monopod
