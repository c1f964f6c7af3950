// Secrets of the configuration: files that only this node's user may read, and warnings about
// secrets that others could.
#pragma once

#include "core/config/config.hpp"
#include "core/config/config_loader.hpp"
#include "core/config/setting.hpp"

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace monopod {

/// The path that a setting means. "%d/NAME" and "$CREDENTIALS_DIRECTORY/NAME" are in the directory
/// of the service's credentials (systemd.exec(5), LoadCredential). Without that variable, as in a
/// shell, secrets_NAME there is /etc/monopod/secrets/NAME, from which the service has it.
std::string credential_path(const std::string& text);

/// Why the file can't hold a secret: it is missing, or not a file, or others may read it. Its group
/// may, if the file is root's: systemd and Kubernetes give secrets to a user that way. Nothing for
/// an empty text.
std::optional<setting_problem> check_secret_file(const std::string& text);

/// The file's contents without a newline at their end; the problem if check_secret_file() finds
/// one, or if the file is empty or exceeds limits::secret_file_bytes.
tl::expected<std::string, setting_problem> read_secret_file(const std::string& text);

/// Warnings, in whole sentences, about passwords that others can read on their way: given by flags,
/// or without TLS to another machine.
std::vector<std::string> secret_warnings(const config& c,
                                         const std::vector<config_override>& flags);

} // namespace monopod
