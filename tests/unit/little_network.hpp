// Networks of a few numbers, written as ONNX: what they answer is known, and may be wrong.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace monopod::little {

// -- protobuf (https://protobuf.dev/programming-guides/encoding)

inline std::string varint(std::uint64_t value) {
  std::string out;
  for (; value > 127; value >>= 7U)
    out += static_cast<char>((value & 127U) | 128U);
  return out + static_cast<char>(value);
}
inline std::string number(unsigned field, std::uint64_t value) {
  return varint(field << 3U) + varint(value);
}
inline std::string block(unsigned field, const std::string& content) {
  return varint(field << 3U | 2U) + varint(content.size()) + content;
}

// -- ONNX (the field numbers of onnx.proto)

template <class Number>
std::string tensor(const std::string& name, const std::vector<std::uint64_t>& shape,
                   const std::vector<Number>& numbers) {
  std::string out;
  for (const auto d : shape)
    out += number(1, d);
  std::string raw(numbers.size() * sizeof(Number), '\0');
  std::memcpy(raw.data(), numbers.data(), raw.size());
  return out + number(2, sizeof(Number) == 4 ? 1 : 7) + block(8, name) + block(9, raw);
}

inline std::string node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::string& output, const std::string& attribute = {}) {
  std::string out;
  for (const auto& input : inputs)
    out += block(1, input);
  return block(1, out + block(2, output) + block(3, output) + block(4, op) + attribute);
}

inline std::string value_info(const std::string& name, const std::vector<std::uint64_t>& shape) {
  std::string dimensions;
  for (const auto d : shape)
    dimensions += block(1, number(1, d));
  return block(1, name) + block(2, block(1, number(1, 1) + block(2, dimensions)));
}

/// An output with a constant answer.
struct output {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::vector<float> numbers; // as many as the shape has
};

/// A network for pictures of `side` x `side` pixels with these outputs, whatever it sees: a
/// convolution with weights of 0 turns the mean of the picture into its biases.
inline std::string network(std::uint64_t side, const std::vector<output>& outputs) {
  const auto kernel =
      block(5, block(1, "kernel_shape") + number(8, 1) + number(8, 1) + number(20, 7));
  std::string graph = node("GlobalAveragePool", {"input"}, "mean");
  std::string constants;
  std::string ends;
  for (const auto& o : outputs) {
    const auto n = o.numbers.size();
    graph += node("Conv", {"mean", o.name + "_w", o.name + "_b"}, o.name + "_flat", kernel);
    graph += node("Reshape", {o.name + "_flat", o.name + "_shape"}, o.name);
    constants += block(5, tensor(o.name + "_w", {n, 3, 1, 1}, std::vector<float>(n * 3)));
    constants += block(5, tensor(o.name + "_b", {n}, o.numbers));
    constants += block(5, tensor(o.name + "_shape", {o.shape.size()},
                                 std::vector<std::int64_t>(o.shape.begin(), o.shape.end())));
    ends += block(12, value_info(o.name, o.shape));
  }
  graph += block(2, "little") + constants;
  graph += block(11, value_info("input", {1, 3, side, side})) + ends;
  return number(1, 7) + block(7, graph) + block(8, number(2, 11));
}

inline void write(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// A model's TOML text for a little network in little.onnx. `labels` is a list as TOML has it.
inline std::string model(const std::string& layout, std::uint64_t side, const std::string& labels) {
  return "name = \"little\"\nlayout = \"" + layout +
         "\"\nfile = \"little.onnx\"\nwidth = " + std::to_string(side) +
         "\nheight = " + std::to_string(side) +
         "\nchannels = \"rgb\"\nlicence = \"none\"\nlabels = " + labels + "\n";
}

} // namespace monopod::little
