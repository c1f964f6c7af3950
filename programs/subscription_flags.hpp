// The flags with which an application describes its subscription.
#pragma once

#include "clients/app_client.hpp"
#include "core/names.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace monopod {

/// Declares the flags that all applications share. `to` holds their defaults, but the policy is
/// `latest` unless a flag says otherwise. `to` must outlive the parsing.
inline void declare_subscription(CLI::App& app, app_options& to) {
  to.policy = wire::Policy::Latest;
  app.add_option("--server", to.server,
                 "ZeroMQ endpoint of the broker; to follow the primary of a group, those of all "
                 "replicas, separated by commas")
      ->capture_default_str();
  app.add_option("--name", to.app, "name of this application")
      ->check(wrong_name)
      ->capture_default_str();
  app.add_option("--cameras", to.cameras, "patterns of camera names, with * and ?")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--policy",
         [&to](const std::string& word) {
           to.policy = word == "every"    ? wire::Policy::Every
                       : word == "latest" ? wire::Policy::Latest
                                          : wire::Policy::Bounded;
         },
         "every: each frame once, and the camera waits for the result; latest: the newest frame of "
         "each camera; bounded: the newest few")
      ->check(CLI::IsMember({"every", "latest", "bounded"}))
      ->default_str("latest");
  app.add_option("--bound", to.bound, "most frames that wait per camera, for bounded")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--max-age-ms,--max-age", to.max_age_ms,
                 "skip frames older than this, in milliseconds, 0 = no limit")
      ->check(CLI::Range(0, 3'600'000))
      ->capture_default_str();
  app.add_option("--max-fps", to.max_fps, "most frames a second from each camera, 0 = all")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  app.parse_complete_callback([&app, &to] {
    if (app.count("--bound") > 0 && to.policy != wire::Policy::Bounded)
      throw CLI::ValidationError("--bound", "is for --policy bounded");
  });
}

} // namespace monopod
