#include "programs/detector/model_file.hpp"

#include "core/limits.hpp"
#include "programs/detector/limits.hpp"

#include <spdlog/fmt/fmt.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <dlfcn.h>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace monopod {

namespace {

// A mistake in the file, with its remedy. It does not leave this file.
class mistake : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(limits::model_file_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) // bad() is true for a directory, for example
    throw mistake("can't be read; name a model's TOML file");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > limits::model_file_bytes)
    throw mistake(fmt::format("is too large; use at most {} bytes", limits::model_file_bytes));
  return text;
}

// Dotted keys and brackets nest tables, and freeing them recurses.
void check_depth(const std::string& text) {
  std::size_t nesting = 0;
  bool quoted = false; // labels may have dots; a string that spans lines counts in full
  for (const char c : text) {
    if (c == '"')
      quoted = !quoted;
    if (c == '\n') {
      nesting = 0;
      quoted = false;
    }
    nesting += (c == '.' && !quoted) || c == '[' || c == '{' ? 1 : 0;
    if (nesting > limits::model_line_dots)
      throw mistake("is nested too deeply; its keys have no parts and its lists no lists");
  }
}

// Takes the keys of the file one by one.
class reader {
public:
  explicit reader(const toml::table& table) : table_(table) {}

  std::string text(const char* key, bool needed) {
    const auto* node = take(key, needed);
    if (node == nullptr)
      return {};
    const auto* value = node->as_string();
    if (value == nullptr || (needed && value->get().empty()))
      throw mistake(fmt::format("{} must be a text; write {} = \"...\"", key, key));
    return value->get();
  }

  int side(const char* key) {
    const auto* value = take(key, true)->as_integer();
    if (value == nullptr || value->get() < 1 || value->get() > limits::network_side_max)
      throw mistake(fmt::format("{} must be a whole number from 1 to {}; it is the size of the "
                                "network's input in pixels",
                                key, limits::network_side_max));
    return static_cast<int>(value->get());
  }

  std::array<float, 3> channels(const char* key, std::array<float, 3> otherwise) {
    const auto* node = take(key, false);
    if (node == nullptr)
      return otherwise;
    const auto* list = node->as_array();
    std::array<float, 3> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto value = list != nullptr && list->size() == values.size()
                             ? list->get(i)->value<double>()
                             : std::nullopt;
      if (!value || !std::isfinite(*value) || std::abs(*value) > 1e6)
        throw mistake(fmt::format("{} must be three numbers, one for each channel; write {} = "
                                  "[0.0, 0.0, 0.0]",
                                  key, key));
      values[i] = static_cast<float>(*value);
    }
    return values;
  }

  std::vector<std::string> labels() {
    const auto* list = take("labels", true)->as_array();
    if (list == nullptr || list->empty() || list->size() > limits::model_labels)
      throw mistake(fmt::format("labels must be a list of 1 to {} names; write labels = "
                                "[\"person\", \"car\"]",
                                limits::model_labels));
    std::vector<std::string> all;
    for (const auto& entry : *list) {
      const auto* label = entry.as_string();
      if (label == nullptr || label->get().empty() || label->get().size() > limits::name_bytes)
        throw mistake(fmt::format("label {} must be a text of 1 to {} bytes; name the classes of "
                                  "the network in its order",
                                  all.size(), limits::name_bytes));
      all.push_back(label->get());
    }
    return all;
  }

  /// Call it last.
  void check_unknown() const {
    for (const auto& [key, node] : table_)
      if (std::ranges::find(taken_, key.str()) == taken_.end())
        throw mistake(fmt::format("line {}: unknown key {}; known ones are {}",
                                  node.source().begin.line, key.str(), fmt::join(taken_, ", ")));
  }

private:
  const toml::node* take(const char* key, bool needed) {
    taken_.emplace_back(key);
    const auto* node = table_.get(key);
    if (node == nullptr && needed)
      throw mistake(fmt::format("{} is missing; docs/detector.md tells what each key means", key));
    return node;
  }

  const toml::table& table_;
  std::vector<std::string_view> taken_;
};

output_layout layout_of(const std::string& name) {
  if (name == "nanodet")
    return output_layout::nanodet;
  if (name == "yolov8")
    return output_layout::yolov8;
  if (name == "ssd")
    return output_layout::ssd;
  throw mistake("layout \"" + name + "\" is unknown; use nanodet, yolov8 or ssd");
}

model_description parse(const std::filesystem::path& path) {
  const auto text = read_text(path);
  check_depth(text);
  const toml::table table = toml::parse(text);
  reader from(table);
  model_description model;
  model.name = from.text("name", true);
  model.revision = from.text("revision", false);
  for (const auto* value : {&model.name, &model.revision})
    if (value->size() > limits::name_bytes)
      throw mistake(fmt::format("name and revision have at most {} bytes; shorten \"{}\"",
                                limits::name_bytes, *value));
  model.layout = layout_of(from.text("layout", true));
  model.file = path.parent_path() / from.text("file", true);
  model.width = from.side("width");
  model.height = from.side("height");
  const auto order = from.text("channels", true);
  if (order != "rgb" && order != "bgr")
    throw mistake("channels must be \"rgb\" or \"bgr\"; it is the order of the network's input");
  model.rgb = order == "rgb";
  model.mean = from.channels("mean", model.mean);
  model.deviation = from.channels("deviation", model.deviation);
  if (std::ranges::find(model.deviation, 0.0F) != model.deviation.end())
    throw mistake("deviation must not be 0, since channels are divided by it; leave it out for 1");
  model.licence = from.text("licence", true);
  model.source = from.text("source", false);
  model.labels = from.labels();
  from.check_unknown();
  return model;
}

} // namespace

tl::expected<model_description, std::string> read_model(const std::filesystem::path& path) {
  try {
    return parse(path);
  } catch (const mistake& e) {
    return tl::unexpected("model " + path.string() + ": " + e.what());
  } catch (const toml::parse_error& e) {
    return tl::unexpected(fmt::format("model {}: line {}: {}; see https://toml.io/en/v1.0.0",
                                      path.string(), e.source().begin.line, e.description()));
  }
}

tl::expected<std::filesystem::path, std::string>
find_model(const std::string& model, const std::vector<std::filesystem::path>& folders) {
  if (model.ends_with(".toml"))
    return model;
  std::string places;
  for (const auto& folder : folders) {
    const auto path = folder / (model + ".toml");
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored))
      return path;
    places += (places.empty() ? "" : " and ") + folder.string();
  }
  return tl::unexpected("model " + model + " is not in " + places +
                        "; install monopod-detector, or name a model's TOML file");
}

std::vector<std::filesystem::path> model_folders(const void* address) {
  const std::filesystem::path below = "share/monopod/models";
  std::vector<std::filesystem::path> folders;
  Dl_info info{};
  std::error_code problem;
  if (dladdr(address, &info) != 0 && info.dli_fname != nullptr) {
    // A program is named as it was called, and so perhaps without a folder.
    const bool program = std::string_view(info.dli_fname).find('/') == std::string_view::npos;
    const auto file =
        std::filesystem::canonical(program ? "/proc/self/exe" : info.dli_fname, problem);
    if (!problem)
      folders.push_back(file.parent_path().parent_path() / below);
  }
  folders.push_back("/usr" / below);
  return folders;
}

} // namespace monopod
