// Well-formed messages of cameras and applications that mean no good. Endpoints are those of a pod,
// or of all nodes of a group, separated by commas.
#pragma once

#include "tests/fault/cases.hpp"

#include <string>
#include <vector>

namespace monopod::fault {

/// Whether a camera of that name, with a clock that is right, has a frame acknowledged.
bool is_served(const std::string& cameras, const std::string& name);

/// One Hello with the highest stream there is under the name "late", which must be let in
/// afterwards.
void claim_the_last_stream(outcome& result, const std::string& cameras);

/// Flags with which applications that left are soon forgotten, so that hundreds of names cost
/// memory and disk, and not also the time of as many applications at once.
std::vector<std::string> forgetful_flags();

/// Answers a frame of each of many cameras under each of many names.
void answer_under_many_names(outcome& result, const options& o, const std::string& at_cameras,
                             const std::string& at_apps);

/// Opens a stream under more names than there may be, and leaves each.
void use_up_the_names(outcome& result, const std::string& cameras);

} // namespace monopod::fault
