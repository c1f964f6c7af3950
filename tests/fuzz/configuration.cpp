// Any text as a configuration: it gives mistakes, or a configuration within the rules.
#include "core/config/config_docs.hpp"
#include "core/config/config_loader.hpp"
#include "core/config/settings.hpp"
#include "core/ensure.hpp"
#include "tests/fuzz/target.hpp"

#include <string>

namespace monopod::fuzz {

std::vector<bytes> valid_inputs() {
  return {
      of_text(example_file()),
      of_text("site = 'a'\n[vision.\"b.c\"]\ncameras = [\"*\", \"x?\"]\nservice_ms = 1.5\n"),
      of_text("[cloud]\na = {host = \"h\", port = 1}\nb.host = 'i'\nc.d.e = [[1], {f.g = 2}]\n"),
      of_text("node = \"a\"\n[group]\nprofile = \"fast\"\n[member]\na.address = \"tcp://h:1\"\n"
              "b = {address = \"ipc://b\", role = \"witness\", votes = false}\n")};
}

namespace {

void check(const config& c) {
  for (const auto& s : settings()) {
    const auto* section = find_section(s.section);
    const auto names = s.named ? section->names(c) : std::vector<std::string>{""};
    for (const auto& name : names)
      MONOPOD_ENSURE(!check_setting(s, s.get(c, name)), "what is loaded is within the rules");
  }
}

} // namespace

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  if (const auto loaded = monopod::load_config_text(text, "fuzz.toml"))
    monopod::fuzz::check(*loaded);
  else
    MONOPOD_ENSURE(!monopod::describe(loaded.error()).empty(), "a mistake is described");
  return 0;
}
