// The heads of HTTP requests, whole, in pieces and wrong.
#include "actors/platform/http_request.hpp"

#include "core/limits.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace monopod {

BOOST_AUTO_TEST_CASE(a_head_ends_with_an_empty_line) {
  const std::string head = "GET /a?b=c&d HTTP/1.1\r\nhOST: pi:1\r\nOrigin:\tx \r\nX:\r\n\r\n";
  for (std::size_t size = 0; size < head.size(); ++size)
    BOOST_TEST(!head_size(head.substr(0, size)).has_value());
  BOOST_TEST(head_size(head + "body").value() == head.size());
  const auto request = parse_head(head);
  BOOST_REQUIRE(request.has_value());
  BOOST_TEST(request->method == "GET");
  BOOST_TEST(request->path == "/a");
  BOOST_TEST(request->query == "b=c&d");
  BOOST_TEST(request->host == "pi:1");
  BOOST_TEST(request->from_a_page);
  BOOST_TEST(!parse_head("GET / HTTP/1.0\r\n\r\n")->from_a_page);
}

BOOST_AUTO_TEST_CASE(what_is_not_a_head_is_refused) {
  for (const std::string head :
       {"", "\r\n\r\n", "GET / HTTP/1.1\r\n", "GET / HTTP/2\r\n\r\n", "GET /\r\n\r\n",
        " / HTTP/1.1\r\n\r\n", "GET a HTTP/1.1\r\n\r\n", "GET * HTTP/1.1\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n", "GET / HTTP/1.1\r\nA : x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /\x7f HTTP/1.1\r\n\r\n",
        "GET /\xc3\xa4 HTTP/1.1\r\n\r\n"})
    BOOST_TEST(!parse_head(head).has_value(), head);
  BOOST_TEST(!parse_head(std::string("GET / HTTP/1.1\r\nA: \0\r\n\r\n", 24)).has_value());
}

BOOST_AUTO_TEST_CASE(values_of_a_query) {
  BOOST_TEST(query_value("member=b", "member").value() == "b");
  BOOST_TEST(query_value("x=1&member=b&member=c", "member").value() == "b");
  BOOST_TEST(query_value("members=b&member&=&", "member").value().empty());
  BOOST_TEST(query_value("", "member").value().empty());
  BOOST_TEST(!query_value("member=" + std::string(limits::name_bytes + 16, 'x'), "member"));
}

BOOST_AUTO_TEST_CASE(a_host_is_an_address_or_one_of_our_names) {
  const std::vector<std::string> names{"pi-a", "Gate.Example"};
  for (const std::string host :
       {"", "10.0.0.1", "10.0.0.1:9570", "[::1]", "[fe80::1]:9570", "::1:9570", "localhost:1",
        "LOCALHOST", "pi-a", "PI-A:9570", "gate.example:80"})
    BOOST_TEST(host_is_ours(host, names), host);
  for (const std::string host : {"evil.example", "pi-a.evil.example:9570", "pi", "10.0.0.1.evil",
                                 ":", "[::1", "[evil]", "1", "127.1.evil:1", "localhost.evil"})
    BOOST_TEST(!host_is_ours(host, names), host);
}

} // namespace monopod
