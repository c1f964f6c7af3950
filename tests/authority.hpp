// Certificates for tests, made by the openssl command.
#pragma once

#include "tools/harness/process.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>
#include <vector>

namespace monopod::harness {

/// An authority with the certificates that it signs, in files of a folder of its own.
class authority {
public:
  /// Its certificate is in ca.pem.
  authority() {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", "/CN=test authority", "-keyout", path("ca.key"), "-out",
             path("ca.pem")});
  }
  /// A certificate for a host of this name, in NAME.pem, with NAME.key.
  void sign(const std::string& name) const {
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=" + name, "-addext", "subjectAltName=DNS:" + name, "-keyout", path(name + ".key"),
             "-out", path(name + ".csr")});
    openssl({"x509", "-req", "-days", "2", "-copy_extensions", "copy", "-CAcreateserial", "-in",
             path(name + ".csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-out",
             path(name + ".pem")});
  }
  std::string path(const std::string& file) const { return (directory_.path() / file).string(); }

private:
  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const auto ended = run(arguments);
    BOOST_REQUIRE_MESSAGE(ended.exit_code == 0, ended.output);
  }
  temporary_directory directory_;
};

} // namespace monopod::harness
