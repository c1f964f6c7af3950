// Passwords and keys in files: who may read them, what is read, and what is warned of.
#include "core/config/secrets.hpp"

#include "core/limits.hpp"
#include "tests/unit/environment_variable.hpp"
#include "tests/unit/temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace monopod {

namespace {

struct files : temporary_folder {
  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    auto file = (path / name).string();
    std::ofstream(file) << text;
    chmod(file.c_str(), mode);
    return file;
  }
};

std::string problem_of(const std::string& file) {
  const auto problem = check_secret_file(file);
  return problem ? problem->what + "; " + problem->remedy : "";
}

std::string mistakes(const std::string& text) {
  const auto loaded = load_config_text(text, "test.toml");
  return loaded ? "" : describe(loaded.error());
}

} // namespace

BOOST_FIXTURE_TEST_CASE(a_file_that_others_may_read_is_refused, files) {
  BOOST_TEST(problem_of("") == "");
  BOOST_TEST(problem_of(write("good", "x", 0400)) == "");
  for (const mode_t mode : {0604, 0602, 0622, 0644, 0666}) {
    const auto file = write("open", "x", mode);
    BOOST_TEST(problem_of(file) ==
               "\"" + file + "\" can be read or written by others; run chmod 600 " + file);
  }
  BOOST_TEST(problem_of(path.string()).find("can't be read") != std::string::npos);
  BOOST_TEST(problem_of((path / "none").string()).find("can't be read") != std::string::npos);
  // As systemd and Kubernetes give it to a user: root's, and readable for a group.
  const auto shared = write("shared", "x", 0640);
  if (geteuid() != 0)
    return;
  BOOST_TEST(problem_of(shared) == "");
  BOOST_REQUIRE(chown(shared.c_str(), 1, 0) == 0);
  BOOST_TEST(problem_of(shared) != "");
}

BOOST_FIXTURE_TEST_CASE(a_password_is_read_without_its_newline, files) {
  BOOST_TEST(read_secret_file(write("a", "one two\n")).value() == "one two");
  BOOST_TEST(read_secret_file(write("a", "one\r\n")).value() == "one");
  BOOST_TEST(read_secret_file(write("a", " one\n\n")).value() == " one\n");
  BOOST_TEST(read_secret_file(write("a", std::string(limits::secret_file_bytes, 'x'))).has_value());
  BOOST_TEST(
      !read_secret_file(write("a", std::string(limits::secret_file_bytes + 1, 'x'))).has_value());
  BOOST_TEST(!read_secret_file(write("a", "\n")).has_value());
  BOOST_TEST(!read_secret_file(write("a", "x", 0644)).has_value());
}

BOOST_FIXTURE_TEST_CASE(credentials_are_found_in_the_directory_of_the_service, files) {
  BOOST_TEST(credential_path("/a/%d/b") == "/a/%d/b");
  BOOST_TEST(credential_path("%d/secrets_cloud") == "/etc/monopod/secrets/cloud");
  BOOST_TEST(credential_path("%d/other") == "%d/other");
  const variable directory("CREDENTIALS_DIRECTORY", path.string());
  BOOST_TEST(credential_path("%d/secrets_cloud") == (path / "secrets_cloud").string());
  BOOST_TEST(credential_path("$CREDENTIALS_DIRECTORY/x") == (path / "x").string());
  write("x", "from systemd\n");
  BOOST_TEST(read_secret_file("%d/x").value() == "from systemd");
}

BOOST_FIXTURE_TEST_CASE(a_configuration_takes_the_password_from_its_file, files) {
  const auto file = write("password", "swordfish\n");
  const auto cloud = [](const std::string& more) { return "[cloud.a]\n" + more + "\n"; };
  const auto loaded = load_config_text(cloud("password_file = \"" + file + "\""), "test.toml");
  BOOST_REQUIRE(loaded.has_value());
  BOOST_TEST(loaded->cloud.at("a").password == "swordfish");
  BOOST_TEST(mistakes(cloud("password = \"x\"\npassword_file = \"" + file + "\"")) ==
             "test.toml:3:17: cloud.a.password_file: there is a password, too; set only one of "
             "both\n");
  const auto open = write("open", "swordfish", 0644);
  for (const std::string key : {"password_file", "key_file"}) {
    const auto told =
        mistakes(cloud("tls = true\ncert_file = \"/dev/null\"\n" + key + " = \"" + open + "\"\n"));
    BOOST_TEST(told.find("run chmod 600 " + open) != std::string::npos, told);
    BOOST_TEST(told.find("swordfish") == std::string::npos, told);
  }
}

BOOST_FIXTURE_TEST_CASE(passwords_that_others_could_read_are_warned_of, files) {
  const auto warnings = [](const std::string& text,
                           const std::vector<config_override>& flags = {}) {
    return secret_warnings(load_config_text(text, "test.toml", flags).value(), flags).size();
  };
  const std::string password = "password = \"x\"\n";
  BOOST_TEST(warnings("[cloud.a]\nhost = \"far\"\n") == 0u);
  BOOST_TEST(warnings("[cloud.a]\nhost = \"far\"\n" + password) == 1u);
  BOOST_TEST(warnings("[cloud.a]\nhost = \"far\"\npassword_file = \"" + write("p", "x") + "\"\n") ==
             1u);
  BOOST_TEST(warnings("[cloud.a]\nhost = \"far\"\ntls = true\n" + password) == 0u);
  for (const std::string host : {"localhost", "127.0.0.1", "::1"})
    BOOST_TEST(warnings("[cloud.a]\nhost = \"" + host + "\"\n" + password) == 0u, host);
  BOOST_TEST(warnings("", {{"--cloud.local.password", "cloud.local.password", {"x"}}}) == 1u);
  BOOST_TEST(warnings("", {{"MONOPOD_CLOUD_LOCAL_PASSWORD", "cloud.local.password", {"x"}}}) == 0u);
}

} // namespace monopod
