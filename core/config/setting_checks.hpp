// Rules for single texts of the configuration. Each returns what is wrong and the remedy, or
// nothing.
#pragma once

#include "core/config/setting.hpp"

namespace monopod {

std::optional<setting_problem> check_name(const std::string& text);
std::optional<setting_problem> check_name_or_empty(const std::string& text);
std::optional<setting_problem> check_pattern(const std::string& text);
/// ZeroMQ: inproc://NAME, ipc://PATH, tcp://ADDRESS:PORT.
std::optional<setting_problem> check_endpoint(const std::string& text);
std::optional<setting_problem> check_endpoint_or_empty(const std::string& text);
/// An endpoint that other machines, or other processes, can connect to: tcp://HOST:PORT,
/// ipc://PATH; or nothing.
std::optional<setting_problem> check_peer_address(const std::string& text);
/// NAME:PORT to look up and connect to, or nothing.
std::optional<setting_problem> check_name_and_port(const std::string& text);
/// ADDRESS:PORT, or nothing.
std::optional<setting_problem> check_http_listen(const std::string& text);
std::optional<setting_problem> check_host(const std::string& text);
std::optional<setting_problem> check_host_or_empty(const std::string& text);
/// A file that this process can read, or nothing.
std::optional<setting_problem> check_file_or_empty(const std::string& text);
/// MQTT 5.0, section 4.7: no wildcards in the topic of a publish; and only placeholders that are
/// known.
std::optional<setting_problem> check_topic(const std::string& text);
std::optional<setting_problem> check_status_topic(const std::string& text);

} // namespace monopod
