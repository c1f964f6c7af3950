// Presets for clouds that are not a plain MQTT broker: defaults that suit them, and limits that
// they enforce. docs/clouds.md names the sources.
#pragma once

#include "core/config/config.hpp"
#include "core/config/setting.hpp"

#include <functional>
#include <string>
#include <vector>

namespace monopod {

/// Gives the settings of the cloud `name` the values of its preset, except those of which
/// `is_given` says that the operator has set them.
void apply_preset(config& conf, const std::string& name,
                  const std::function<bool(const std::string& setting)>& is_given);

struct preset_problem {
  std::string setting; // "qos"
  setting_problem why;
};

/// The settings that the cloud would refuse. Topics are judged by their depth as configured.
std::vector<preset_problem> check_preset(const cloud_config& c);

} // namespace monopod
