// Rules for single strings of the configuration. Each returns a problem with its remedy, or
// nothing.
#pragma once

#include "core/config/setting.hpp"

namespace monopod {

std::optional<setting_problem> check_name(const std::string& text);
std::optional<setting_problem> check_name_or_empty(const std::string& text);
std::optional<setting_problem> check_pattern(const std::string& text);
/// The name of a vision plug-in, or its file.
std::optional<setting_problem> check_plugin(const std::string& text);
/// KEY=VALUE, for a plug-in.
std::optional<setting_problem> check_option(const std::string& text);
/// An endpoint as ZeroMQ writes it: inproc://NAME, ipc://PATH, tcp://ADDRESS:PORT.
std::optional<setting_problem> check_endpoint(const std::string& text);
/// The same, and `libzmq+ipc://PATH` and `libzmq+tcp://ADDRESS:PORT`, which compare libzmq's own
/// sockets.
std::optional<setting_problem> check_link_endpoint(const std::string& text);
std::optional<setting_problem> check_endpoint_or_empty(const std::string& text);
/// An endpoint to which other machines or processes can connect: tcp://HOST:PORT, ipc://PATH; or an
/// empty string.
std::optional<setting_problem> check_peer_address(const std::string& text);
/// NAME:PORT to look up and connect to, or an empty string.
std::optional<setting_problem> check_name_and_port(const std::string& text);
/// ADDRESS:PORT, or an empty string.
std::optional<setting_problem> check_http_listen(const std::string& text);
std::optional<setting_problem> check_host(const std::string& text);
std::optional<setting_problem> check_host_or_empty(const std::string& text);
/// A file that this process can read, or an empty string.
std::optional<setting_problem> check_file_or_empty(const std::string& text);
/// A topic to publish to: without wildcards (MQTT 5.0, section 4.7), and with known placeholders
/// only.
std::optional<setting_problem> check_topic(const std::string& text);
std::optional<setting_problem> check_status_topic(const std::string& text);

} // namespace monopod
