// The report of monopod-collect, and its rows of CSV.
#pragma once

#include "programs/collect/collector.hpp"

#include <string>

namespace monopod {

inline constexpr const char* csv_header = "camera,stream,seq,app,epoch,captured_at_ns,published_at_"
                                          "ns,received_at_ns,publish_ms,consumer_ms,verdict\n";

std::string csv_row(const wire::Result& result, std::uint64_t received_at_ns, verdict what);

/// One JSON object on a line of its own.
std::string report_json(const collector::summary& s);
/// The same as a table for people.
std::string report_table(const collector::summary& s);

} // namespace monopod
