// The measured figures: one list, printed as a table for people and as JSON for machines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace monopod {

/// Not thread-safe.
class figures {
public:
  /// `meaning` is a line for the table; the unit is the key's ending.
  void add(std::string key, double value, std::string meaning);
  /// The value; 0 where the key is not there.
  double operator[](std::string_view key) const;

  /// Key, value and meaning, a line each.
  std::string table() const;
  /// One object, with `commit` and `machine` beside the figures.
  std::string json() const;

private:
  struct figure {
    std::string key;
    double value = 0;
    std::string meaning;
  };
  std::vector<figure> all_;
};

/// Median of `values`; 0 without any.
double median(const std::vector<double>& values);

} // namespace monopod
