// A real cluster, through tools/cluster/stage, where all knowledge of clusters is.
#pragma once

#include "tools/experiment/settings.hpp"
#include "tools/experiment/variants.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace monopod::experiment {

/// The answer of `stage` to these words, such as `up monopod`; std::runtime_error with its output
/// if it fails.
nlohmann::ordered_json ask_stage(const cluster_access& how, const std::vector<std::string>& words);

/// Why there is no cluster to measure on; empty if there is one.
std::string missing_cluster(const settings& s);
/// The same for experiments in which nodes fail as well.
std::string missing_power(const settings& s);

/// The cluster's nodes, with versions and sizes: a text that stays the same as long as they do.
std::string describe_cluster(const settings& s);

/// Monopod or the control ("monopod", "control", "control-original") on that cluster, three pods of
/// each part, with cameras, broker and consumer outside. `failing` says what runs on the node that
/// will fail, and so decides where the pods run (stage --help); if it is empty, Kubernetes decides.
variant cluster_variant(const std::string& system, const cluster_access& how,
                        const std::vector<std::string>& failing = {});

/// A description of such a system, for people.
const char* meaning_of(const std::string& system);

} // namespace monopod::experiment
