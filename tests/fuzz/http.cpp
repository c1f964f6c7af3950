// Any bytes as the head of an HTTP request.
#include "actors/platform/http_request.hpp"
#include "core/ensure.hpp"
#include "core/limits.hpp"
#include "tests/fuzz/target.hpp"

#include <string>
#include <string_view>

namespace monopod::fuzz {

std::vector<bytes> valid_inputs() {
  return {of_text("GET /metrics HTTP/1.1\r\nHost: 10.0.0.1:9570\r\nAccept: */*\r\n\r\n"),
          of_text("POST /group/add?member=b HTTP/1.1\r\nHost: [::1]:9570\r\nContent-Length: "
                  "0\r\n\r\n"),
          of_text("GET / HTTP/1.0\r\nOrigin: http://a\r\nhost: pi-a\r\n\r\nrest")};
}

} // namespace monopod::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace monopod;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto head = head_size(all);
  if (!head)
    return 0;
  MONOPOD_ENSURE(*head <= size, "no more than there is");
  const auto request = parse_head(all.substr(0, *head));
  if (!request)
    return 0;
  MONOPOD_ENSURE(request->path.starts_with('/'), "a path");
  MONOPOD_ENSURE(
      (request->method + request->path + request->query + request->host).find_first_of(" \r\n") ==
          std::string::npos,
      "nothing that could end a line");
  const auto member = query_value(request->query, "member");
  MONOPOD_ENSURE(!member || member->size() < limits::name_bytes + 16, "a name");
  const std::string names[] = {"pi-a"};
  host_is_ours(request->host, names);
  return 0;
}
