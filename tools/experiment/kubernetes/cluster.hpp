// A real cluster, through tools/cluster/stage, which is where all that is known of clusters is.
#pragma once

#include "tools/experiment/settings.hpp"
#include "tools/experiment/variants.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace monopod::experiment {

/// What `stage` answers to these words, `up monopod`; std::runtime_error with what it says where it
/// fails.
nlohmann::ordered_json ask_stage(const cluster_access& how, const std::vector<std::string>& words);

/// Why there is no cluster to measure on; empty: there is one.
std::string missing_cluster(const settings& s);
/// The same, where nodes are to fail as well.
std::string missing_power(const settings& s);

/// Its nodes, with versions and sizes: a text that is the same as long as they are.
std::string describe_cluster(const settings& s);

/// Monopod or the control ("monopod", "control") on that cluster, three pods of each part, with
/// cameras, broker and consumer outside. `failing`: what the node has that will fail, which decides
/// where the pods are (stage --help); empty: wherever Kubernetes puts them.
variant cluster_variant(const std::string& system, const std::string& meaning,
                        const cluster_access& how, const std::vector<std::string>& failing = {});

} // namespace monopod::experiment
