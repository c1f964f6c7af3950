// The experiment's arithmetic: what is kept, what is estimated, and what the report makes of it.
#include "tools/experiment/experiments.hpp"
#include "tools/experiment/hop_fit.hpp"
#include "tools/experiment/report.hpp"
#include "tools/experiment/variants.hpp"
#include "tools/experiment/verdict.hpp"
#include "tools/harness/process.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

using namespace monopod::experiment;
using monopod::harness::temporary_directory;

namespace {

constexpr std::uint64_t seed = 7;

// Normal, with the standard deviation 1, so that an interval has a width.
std::vector<double> around(double mean, std::uint64_t number, std::size_t count = 200) {
  std::mt19937_64 random(number);
  std::normal_distribution<double> noise(mean, 1);
  std::vector<double> all(count);
  for (auto& v : all)
    v = noise(random);
  return all;
}

sample_table latencies(const std::vector<double>& ms) {
  sample_table t{.columns = {"to_publish_ms", "to_consumer_ms"}, .rows = {}};
  for (const auto v : ms)
    t.rows.push_back({v, v + 1});
  return t;
}

// The columns of all experiments' tables.
sample_table every_column() {
  sample_table t{.columns = {"streaming", "t_s", "cpu_cores", "rss_mb", "to_publish_ms",
                             "to_consumer_ms", "to_app_ms", "cpu_us_per_frame",
                             "wire_bytes_per_frame", "got_share", "grown_mb", "seq", "sent_s",
                             "came_s", "period_s", "back_s", "end_s", "lost"},
                 .rows = {}};
  for (const auto streaming : {0.0, 1.0})
    t.rows.push_back({streaming, 1, 0.1, 10, 2, 3, 2, 100, 24'000, 1, 1, 1 + streaming,
                      streaming - 0.5, streaming - 0.4, 0.1, 5, 10, 0});
  return t;
}

const figure& find(const std::vector<figure>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &figure::name);
  BOOST_REQUIRE_MESSAGE(found != all.end(), name);
  return *found;
}

} // namespace

BOOST_AUTO_TEST_CASE(samples_are_read_as_they_were_written) {
  const sample_table t{.columns = {"a", "b"}, .rows = {{1, 0.25}, {-3, 1e9}}};
  BOOST_TEST(to_csv(t) == "a,b\n1,0.25\n-3,1e+09\n");
  const auto again = from_csv(to_csv(t));
  BOOST_TEST(again.columns == t.columns, boost::test_tools::per_element());
  BOOST_TEST((again.rows == t.rows));
  BOOST_TEST(again.column("b") == (std::vector<double>{0.25, 1e9}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW(again.column("c"), std::runtime_error);
  for (const auto* bad : {"a,b\n1\n", "a,b\n1,x\n", "a,b\n1,2,3\n"})
    BOOST_CHECK_THROW(from_csv(bad), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_session_goes_on_where_it_was_and_with_nothing_else) {
  const temporary_directory scratch;
  const auto folder = scratch.path() / "session";
  BOOST_CHECK_THROW(session::read(folder), std::runtime_error);
  const settings with;
  const cell first{"latency", "monopod", "", 1};
  const cell second{"scale", "control-vei", "16", 2};
  {
    const auto s = session::open(folder, with);
    BOOST_TEST(!s.has(first));
    s.save(first, latencies({1, 2}));
    s.save(second, latencies({3}));
    BOOST_TEST(s.description().find(to_text(with)) != std::string::npos);
  }
  const auto again = session::open(folder, with);
  BOOST_TEST(again.has(first));
  BOOST_TEST(!again.has({"latency", "monopod", "", 2}));
  BOOST_TEST((again.cells() == std::vector<cell>{first, second}));
  BOOST_TEST((again.cells("scale") == std::vector<cell>{second}));
  BOOST_TEST((again.load(first).column("to_publish_ms") == std::vector<double>{1, 2}));
  auto other = with;
  ++other.frames;
  BOOST_CHECK_THROW(session::open(folder, other), std::runtime_error);
}

// 95 of a hundred should; where runs do not differ, drawing them makes it wider than it need be.
BOOST_AUTO_TEST_CASE(an_interval_holds_the_truth_as_often_as_it_says) {
  constexpr double truth = 10;
  constexpr std::uint64_t experiments = 100;
  std::uint64_t held = 0;
  for (std::uint64_t n = 0; n < experiments; ++n) {
    const auto e = estimate_of(
        {around(truth, 3 * n, 30), around(truth, 3 * n + 1, 30), around(truth, 3 * n + 2, 30)},
        percentile(50), n);
    BOOST_TEST(e.low <= e.value);
    BOOST_TEST(e.value <= e.high);
    BOOST_TEST(e.high - e.low < 2); // nor is it so wide that it says nothing
    held += e.low <= truth && truth <= e.high ? 1 : 0;
  }
  BOOST_TEST(held >= 90);
}

BOOST_AUTO_TEST_CASE(an_interval_narrows_with_more_samples) {
  const auto few = estimate_of({around(10, 1, 20), around(10, 2, 20)}, percentile(50), seed);
  const auto many = estimate_of({around(10, 1, 2000), around(10, 2, 2000)}, percentile(50), seed);
  BOOST_TEST(many.high - many.low < few.high - few.low);
}

BOOST_AUTO_TEST_CASE(an_interval_covers_what_differs_from_run_to_run) {
  const auto e = estimate_of({around(10, 1), around(20, 2), around(30, 3)}, percentile(50), seed);
  BOOST_TEST(e.low < 12);
  BOOST_TEST(e.high > 28);
}

BOOST_AUTO_TEST_CASE(two_repetitions_count_alike) {
  BOOST_TEST(estimate_of({{1}, {3}}, percentile(50), seed).value == 2);
  BOOST_TEST(estimate_of({{9}, {1}, {3}, {4}}, percentile(50), seed).value == 3.5);
  BOOST_TEST(ratio({{1}, {3}}, {{2}, {6}}, percentile(50), seed).value == 0.5);
}

BOOST_AUTO_TEST_CASE(a_ratio_has_an_interval_of_its_own) {
  const auto e =
      ratio({around(30, 1), around(30, 2)}, {around(10, 3), around(10, 4)}, percentile(50), seed);
  BOOST_TEST(e.value == 3, boost::test_tools::tolerance(0.05));
  BOOST_TEST(e.low < 3.1);
  BOOST_TEST(e.high > 2.9);
  BOOST_TEST(e.low < e.high);
}

BOOST_AUTO_TEST_CASE(nothing_is_estimated_of_nothing) {
  BOOST_TEST(estimate_of({}, percentile(50), seed).value == 0);
  BOOST_TEST(estimate_of({{}, {}}, percentile(50), seed).high == 0);
  BOOST_TEST(estimate_of({{}, {5}}, percentile(50), seed).value == 5);
  BOOST_TEST(ratio({{1}}, {{0}}, percentile(50), seed).value == 0);
  BOOST_TEST(ratio({}, {{1}}, percentile(50), seed).value == 0);
}

BOOST_AUTO_TEST_CASE(a_plan_has_every_run_once_in_an_order_of_its_own) {
  for (const auto& e : all_experiments()) {
    settings s;
    s.repetitions = 3;
    auto all = plan(e, s);
    BOOST_TEST((plan(e, s) == all), e.name);
    BOOST_TEST(all.size() == 3 * e.variants.size() * e.conditions.size(), e.name);
    BOOST_TEST(std::ranges::is_sorted(all, {}, &cell::repetition), e.name);
    std::sort(all.begin(), all.end());
    BOOST_TEST((std::ranges::adjacent_find(all) == all.end()), e.name);
  }
  settings s;
  const auto& hops = *find_experiments("hops").at(0);
  const auto one = plan(hops, s);
  s.seed = 2;
  BOOST_TEST((plan(hops, s) != one));
  BOOST_CHECK_THROW(find_experiments("none"), std::runtime_error);
  BOOST_TEST(find_experiments("all").size() == all_experiments().size());
  for (const auto* e : find_experiments("faithful"))
    BOOST_TEST(e->group == "faithful");
}

BOOST_AUTO_TEST_CASE(the_fit_finds_what_a_hop_costs) {
  const temporary_directory scratch;
  const auto s = session::open(scratch.path() / "session", {});
  const auto& ipc = transports().at(0);
  const auto& tcp = transports().at(1);
  BOOST_TEST(!fit_hops(s, tcp).has_value());
  constexpr double base_ms = 40;
  constexpr double frame_ms = 8;
  constexpr double result_ms = 3;
  std::uint64_t number = 0;
  for (const auto& r : ladder())
    for (const int repetition : {1, 2, 3})
      s.save(
          {"hops", "tcp-" + r.name, "", repetition},
          latencies(around(base_ms + frame_ms * r.at.frame_hops() + result_ms * r.at.result_hops(),
                           ++number)));
  const auto fit = fit_hops(s, tcp);
  BOOST_REQUIRE(fit.has_value());
  for (const auto& [e, truth] : {std::pair{fit->base, base_ms}, std::pair{fit->frame, frame_ms},
                                 std::pair{fit->result, result_ms}}) {
    BOOST_TEST(std::abs(e.value - truth) < 0.3);
    BOOST_TEST(e.low <= truth);
    BOOST_TEST(truth <= e.high);
  }
  BOOST_TEST(!fit_hops(s, ipc).has_value());
}

BOOST_AUTO_TEST_CASE(a_report_says_what_was_measured_and_what_was_missed) {
  const temporary_directory scratch;
  const auto s = session::open(scratch.path() / "session", {});
  for (const int repetition : {1, 2}) {
    s.save({"latency", "monopod", "", repetition}, latencies(around(20, 1)));
    s.save({"latency", "control", "", repetition}, latencies(around(50, 2)));
    s.save({"latency", "control-vei", "", repetition}, latencies(around(80, 3)));
  }
  const auto r = make_report(s);
  BOOST_TEST(find(r.figures, "latency.monopod.p50").value == 20,
             boost::test_tools::tolerance(0.05));
  BOOST_TEST(*find(r.figures, "latency.control-vei.p50").thesis == 24.42);
  const auto& missed = find(r.figures, "ratio.latency.p50");
  BOOST_TEST(missed.value == 2.5, boost::test_tools::tolerance(0.05));
  BOOST_TEST(!missed.good());
  BOOST_REQUIRE(r.plots.size() == 1u);
  BOOST_TEST(r.plots.front().name == "latency");
  const auto html = to_html(r);
  const auto markdown = to_markdown(r);
  for (const auto* text : {&html, &markdown}) {
    BOOST_TEST(text->find("ratio.latency.p50") != std::string::npos);
    BOOST_TEST(text->find("Missed: ratio.latency.p50") != std::string::npos);
    BOOST_TEST(text->find("Kubernetes") != std::string::npos);
  }
  BOOST_TEST(html.find("<svg") != std::string::npos);
  BOOST_TEST(html.find("http-equiv") == std::string::npos);
  BOOST_TEST(markdown.find("(latency.svg)") != std::string::npos);
}

// Programs read these keys.
BOOST_AUTO_TEST_CASE(figures_as_json) {
  const std::vector<figure> all{
      {{.name = "latency.control-vei.p50", .value = 25, .unit = "ms"}, 24.5, 25.5, 24.42},
      {{.name = "ratio.latency.p50", .value = 2.0 / 3, .at_least = 3}, 0.5, 1},
      {{.name = "ratio.aborted.monopod.6.cpu", .value = 1, .at_most = 1.02}, 1, 1.5}};
  BOOST_TEST(to_json(all).dump() ==
             R"([{"name":"latency.control-vei.p50","value":25,"unit":"ms","bound":null,)"
             R"("low":24.5,"high":25.5,"thesis":24.42},)"
             R"({"name":"ratio.latency.p50","value":0.6666666667,"unit":"","bound":3,)"
             R"("low":0.5,"high":1,"thesis":null,"at_least":3,"good":false},)"
             R"({"name":"ratio.aborted.monopod.6.cpu","value":1,"unit":"","bound":1.02,)"
             R"("low":1,"high":1.5,"thesis":null,"at_most":1.02,"good":true}])");
}

// 512 ms more on K3s: by these hops 10 times (5 - 2) ms of it, or 10 times (44 - 2).
BOOST_AUTO_TEST_CASE(the_verdict_says_how_much_of_the_thesis_the_hops_explain) {
  const auto figures = [](double service_ms) {
    const auto exact = [](const char* name, double value) {
      return figure{{.name = name, .value = value, .unit = "ms"}, value, value};
    };
    return std::vector<figure>{
        exact("latency.control-vei.p50", 2.442), exact("hops.tcp.control.p50", 2),
        exact("hops.bridge.control.p50", 3), exact("hops.service.control.p50", service_ms)};
  };
  const auto says = [](const std::vector<std::string>& all, const std::string& part) {
    return std::ranges::any_of(
        all, [&](const std::string& s) { return s.find(part) != std::string::npos; });
  };
  const auto verdict_on = [](const std::vector<figure>& all) {
    return verdict(figure_lookup(all));
  };
  const auto little = verdict_on(figures(5));
  BOOST_TEST(says(little, "3 ms by bridge, 5 ms by Service addresses: at most 3 ms more"));
  BOOST_TEST(says(little, "would cost some 30 ms there: 5.9 % of what it saw"));
  BOOST_TEST(says(little, "the hops do not explain most of it"));
  BOOST_TEST(says(verdict_on(figures(44)), "So the hops explain most of it"));
  BOOST_TEST(!says(verdict_on({}), "thesis saw"));
}

// Three hops of a frame and one of a result, of 0.5 ms each, are 2 ms of the 5 ms between them.
BOOST_AUTO_TEST_CASE(the_verdict_names_the_difference_that_the_hops_do_not_explain) {
  const auto said_with = [](double control_ms) {
    std::vector<figure> all;
    for (const auto& [name, ms] :
         {std::pair{"hops.tcp.fit_frame_hop", 0.5}, std::pair{"hops.tcp.fit_result_hop", 0.5},
          std::pair{"latency.monopod.p50", 1.0}, std::pair{"latency.control.p50", control_ms}})
      all.push_back({{.name = name, .value = ms, .unit = "ms"}, ms, ms});
    std::string text;
    for (const auto& sentence : verdict(figure_lookup(all)))
      text += sentence + "\n";
    return text;
  };
  BOOST_TEST(
      said_with(6).find("2 ms, 40 % of the 5 ms between the medians. The other 3 ms were not "
                        "measured separately") != std::string::npos);
  BOOST_TEST(said_with(2).find("200 % of the 1 ms between the medians.\n") != std::string::npos);
}

// Why it is missed differs from run to run: nothing is said of that.
BOOST_AUTO_TEST_CASE(the_verdict_says_how_far_off_a_missed_bound_is) {
  const auto missed = [](const char* name, double high) {
    return figure{{.name = name, .value = 0.75, .at_least = 1}, 0.4, high};
  };
  const std::vector<figure> all{
      missed("ratio.peers.mosquitto-qos0.1.cpu_per_frame", 0.8),
      missed("ratio.peers.redis.16.p99", 1.5),
      {{.name = "ratio.aborted.monopod.6.p50", .value = 1.25, .at_most = 1}, 0.99, 1.4}};
  const auto said = verdict(figure_lookup(all));
  BOOST_REQUIRE(said.size() > 3u);
  BOOST_TEST(said[0] == "Missed: ratio.peers.mosquitto-qos0.1.cpu_per_frame is 0.75 (95 %: 0.4 to "
                        "0.8), 25 % below its bound of 1, which its interval excludes.");
  BOOST_TEST(said[1] == "Missed: ratio.peers.redis.16.p99 is 0.75 (95 %: 0.4 to 1.5), 25 % below "
                        "its bound of 1, which its interval does not exclude.");
  BOOST_TEST(said[2] ==
             "Missed: ratio.aborted.monopod.6.p50 is 1.25 (95 %: 0.99 to 1.4), 25 % above "
             "its bound of 1, which its interval does not exclude.");
}

// With three cut cameras one of the two repetitions is twentyfold, and with six both are.
BOOST_AUTO_TEST_CASE(the_number_of_cut_cameras_at_which_latency_is_twentyfold) {
  const temporary_directory scratch;
  const auto s = session::open(scratch.path() / "session", {});
  const auto save = [&](const char* variant, const char* cut, int repetition, double ms) {
    sample_table t{.columns = {"to_publish_ms", "cpu_cores", "rss_mb", "lost"}, .rows = {}};
    for (int i = 0; i < 20; ++i)
      t.rows.push_back({ms, 1.5, 20, 0});
    s.save({"aborted", variant, cut, repetition}, t);
  };
  for (const int repetition : {1, 2}) {
    const double more = repetition == 1 ? 15 : -3;
    save("reads-on", "0", repetition, 1);
    save("reads-on", "1", repetition, 2);
    save("reads-on", "2", repetition, 12);
    save("reads-on", "3", repetition, 15 + more); // 12 or 30
    save("reads-on", "6", repetition, 50);
    save("monopod", "0", repetition, 1);
    save("monopod", "6", repetition, 1.1);
  }
  const auto all = all_figures(s);
  const auto found = std::ranges::find(all, "aborted.reads-on.cameras_at_20x", &figure::name);
  BOOST_REQUIRE(found != all.end());
  BOOST_TEST(found->value == 3);
  BOOST_TEST(found->low == 3);
  BOOST_TEST(found->high == 6);
  BOOST_TEST(std::ranges::count(all, "aborted.reads-on.cpu_at_20x", &figure::name) == 1);
  BOOST_TEST(std::ranges::count(all, "aborted.monopod.cameras_at_20x", &figure::name) == 0);
  const auto growth = std::ranges::find(all, "ratio.aborted.monopod.6.p50", &figure::name);
  BOOST_REQUIRE(growth != all.end());
  BOOST_TEST(*growth->at_most == 1.05);
  BOOST_TEST(!growth->good());
}

// Every experiment was run, and so every figure is there that the verdict asks for by name.
BOOST_AUTO_TEST_CASE(a_full_session_has_every_figure_that_the_verdict_asks_for) {
  const temporary_directory scratch;
  const auto s = session::open(scratch.path() / "session", {});
  settings once;
  once.repetitions = 1;
  for (const auto& e : all_experiments())
    for (const auto& run : plan(e, once))
      s.save(run, every_column());
  auto all = all_figures(s);
  const figure_lookup names(all);
  verdict(names);
  BOOST_TEST(names.missing() == std::set<std::string>(), boost::test_tools::per_element());

  std::ranges::find(all, "hops.tcp.fit_frame_hop", &figure::name)->name = "hops.tcp.frame";
  const figure_lookup renamed(all);
  verdict(renamed);
  BOOST_TEST(renamed.missing() == std::set<std::string>{"hops.tcp.fit_frame_hop"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_mean_is_that_of_its_samples) {
  BOOST_TEST(mean({0, 0, 0.003}) == 0.001, boost::test_tools::tolerance(1e-9));
  BOOST_TEST(mean({}) == 0);
}
