#include "core/config/secrets.hpp"

#include "core/config/environment.hpp"
#include "core/limits.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace monopod {

namespace {

// LoadCredential of packaging/systemd/common.conf.
constexpr const char* secrets_directory = "/etc/monopod/secrets/";
constexpr std::string_view credential_prefix = "secrets_";

// A file that is opened and checked for being secret.
class secret_file {
public:
  explicit secret_file(const std::string& text)
      : fd_(open(credential_path(text).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    struct stat about {};
    if (fd_ < 0 || fstat(fd_, &about) != 0 || !S_ISREG(about.st_mode))
      problem_ = setting_problem{fmt::format("{} can't be read", printable(text)),
                                 "name a file that exists and that this user may read"};
    else if ((about.st_mode & (about.st_uid == 0 ? S_IRWXO | S_IWGRP : S_IRWXO | S_IRWXG)) != 0)
      problem_ =
          setting_problem{fmt::format("{} can be read or written by others", printable(text)),
                          fmt::format("run chmod 600 {}", credential_path(text))};
  }
  ~secret_file() {
    if (fd_ >= 0)
      close(fd_);
  }
  secret_file(const secret_file&) = delete;
  secret_file& operator=(const secret_file&) = delete;

  const std::optional<setting_problem>& problem() const { return problem_; }

  // Up to a byte more than a secret may have.
  std::string contents() const {
    std::array<char, limits::secret_file_bytes + 1> bytes{};
    std::size_t size = 0;
    for (ssize_t got = 1; got > 0 && size < bytes.size(); size += static_cast<std::size_t>(got))
      if ((got = read(fd_, bytes.data() + size, bytes.size() - size)) < 0)
        got = 0;
    return {bytes.data(), size};
  }

private:
  int fd_;
  std::optional<setting_problem> problem_;
};

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.starts_with("127.") || host == "::1";
}

} // namespace

std::string credential_path(const std::string& text) {
  for (const std::string_view prefix : {"%d/", "$CREDENTIALS_DIRECTORY/"}) {
    if (!text.starts_with(prefix))
      continue;
    const auto name = text.substr(prefix.size());
    const auto directory = environment_variable("CREDENTIALS_DIRECTORY");
    if (!directory.empty())
      return directory + "/" + name;
    if (name.starts_with(credential_prefix))
      return secrets_directory + name.substr(credential_prefix.size());
  }
  return text;
}

std::optional<setting_problem> check_secret_file(const std::string& text) {
  return text.empty() ? std::nullopt : secret_file(text).problem();
}

tl::expected<std::string, setting_problem> read_secret_file(const std::string& text) {
  const secret_file file(text);
  if (file.problem())
    return tl::unexpected(*file.problem());
  auto secret = file.contents();
  if (secret.size() > limits::secret_file_bytes)
    return tl::unexpected(setting_problem{
        fmt::format("{} is larger than {} bytes", printable(text), limits::secret_file_bytes),
        "name a file that holds a password and nothing else"});
  if (secret.ends_with('\n'))
    secret.pop_back();
  if (secret.ends_with('\r'))
    secret.pop_back();
  if (secret.empty())
    return tl::unexpected(
        setting_problem{fmt::format("{} is empty", printable(text)), "write the password into it"});
  return secret;
}

std::vector<std::string> secret_warnings(const config& c,
                                         const std::vector<config_override>& flags) {
  std::vector<std::string> warnings;
  for (const auto& f : flags)
    if (f.where.starts_with("--") && f.key.starts_with("cloud.") && f.key.ends_with(".password"))
      warnings.push_back(fmt::format("every user of this machine can read {} in the list of "
                                     "processes: use password_file",
                                     f.where));
  for (const auto& [name, cloud] : c.cloud)
    if (!cloud.password.empty() && !cloud.tls && !is_loopback(cloud.host))
      warnings.push_back(fmt::format("the password of cloud {} goes to {} in clear: set tls = true",
                                     name, printable(cloud.host)));
  return warnings;
}

} // namespace monopod
