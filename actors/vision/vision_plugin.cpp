#include "actors/vision/vision_plugin.hpp"

#include <climits>

#include <array>
#include <dlfcn.h>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace monopod {

namespace {

namespace fs = std::filesystem;

// The files that may be meant, in the order in which they are tried.
std::vector<fs::path> candidates(const std::string& name) {
  if (name.find('/') != std::string::npos)
    return {name};
  std::error_code unknown; // without /proc the search goes on in the system's own folder
  const auto program = fs::read_symlink("/proc/self/exe", unknown);
  const auto file = name + ".so";
  if (unknown)
    return {fs::path("/usr/lib/monopod") / file};
  const auto bin = program.parent_path();
  return {bin.parent_path() / "lib/monopod" / file, bin / file};
}

tl::unexpected<setting_problem> missing(const std::string& name,
                                        const std::vector<fs::path>& tried) {
  std::string places;
  for (const auto& path : tried)
    places += (places.empty() ? "" : " nor at ") + printable(fs::absolute(path).string(), PATH_MAX);
  return tl::unexpected(setting_problem{
      fmt::format("there is no plug-in {} at {}", printable(name), places),
      "install its package (monopod-detector has monopod-nanodet), or set `plugin` to its file; "
      "then restart the node"});
}

tl::unexpected<setting_problem> not_loaded(const char* remedy) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): glibc keeps the message for each thread
  const char* why = dlerror();
  return tl::unexpected(
      setting_problem{fmt::format("the plug-in can't be loaded: {}",
                                  printable(why == nullptr ? "no reason given" : why, PATH_MAX)),
                      remedy});
}

tl::unexpected<setting_problem> no_plugin(const fs::path& file) {
  return tl::unexpected(
      setting_problem{fmt::format("{} is not a plug-in of Monopod", printable(file.string())),
                      "set `plugin` to one, a library that exports monopod_vision_plugin "
                      "(schemas/vision_plugin.h); then restart the node"});
}

} // namespace

tl::expected<const monopod_vision_functions*, setting_problem>
load_plugin(const std::string& name) {
  const auto tried = candidates(name);
  const fs::path* file = nullptr;
  for (const auto& path : tried)
    if (file == nullptr && access(path.c_str(), F_OK) == 0)
      file = &path;
  if (file == nullptr)
    return missing(name, tried);
  std::error_code unknown;
  if (!fs::is_regular_file(*file, unknown))
    return no_plugin(*file);
  void* const library = dlopen(file->c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return not_loaded("install the libraries that it needs (see ldd), or set `plugin` to a library "
                      "for this machine; then restart the node");
  void* const entry = dlsym(library, "monopod_vision_plugin");
  if (entry == nullptr)
    return no_plugin(*file);
  const auto* functions = reinterpret_cast<decltype(&monopod_vision_plugin)>(entry)();
  if (functions == nullptr || functions->version != MONOPOD_VISION_VERSION)
    return tl::unexpected(setting_problem{
        fmt::format("the plug-in {} has version {} of the interface, and this node has version {}",
                    printable(file->string()), functions == nullptr ? 0 : functions->version,
                    static_cast<int>(MONOPOD_VISION_VERSION)),
        "install the release of the plug-in that fits this node; then restart the node"});
  if (functions->open == nullptr || functions->detect == nullptr || functions->close == nullptr)
    return tl::unexpected(setting_problem{
        fmt::format("the plug-in {} lacks open(), detect() or close()", printable(file->string())),
        "ask its author for a complete one; then restart the node"});
  return functions;
}

} // namespace monopod
