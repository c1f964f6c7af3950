// Which server a client of several obeys (O1).
#include "clients/primary_choice.hpp"

#include <boost/test/unit_test.hpp>

namespace monopod {

BOOST_AUTO_TEST_CASE(the_first_primary_is_obeyed_and_a_higher_epoch_takes_its_place) {
  primary_choice c;
  BOOST_TEST(!c.primary());
  BOOST_TEST(c.heard_primary(1, 5));
  BOOST_TEST(*c.primary() == 1u);
  BOOST_TEST(c.changes() == 1u);
  BOOST_TEST(c.heard_primary(1, 5)); // the same again changes nothing
  BOOST_TEST(c.changes() == 1u);
  BOOST_TEST(!c.heard_primary(0, 5)); // two of one epoch: the first one
  BOOST_TEST(!c.heard_primary(0, 4));
  BOOST_TEST(c.ignored() == 2u);
  BOOST_TEST(c.heard_primary(0, 6));
  BOOST_TEST(*c.primary() == 0u);
  BOOST_TEST(!c.heard_primary(1, 5)); // the old one comes back
  BOOST_TEST(c.epoch() == 6u);
}

BOOST_AUTO_TEST_CASE(a_restarted_server_alone_keeps_its_epoch) {
  primary_choice c;
  BOOST_TEST(c.heard_primary(0, 1));
  c.lost(0);
  BOOST_TEST(!c.primary());
  BOOST_TEST(c.heard_primary(0, 1));
  BOOST_TEST(*c.primary() == 0u);
}

// node_replica::set_serving(): it may serve again in its epoch, and then its clients must not wait
// for the next one.
BOOST_AUTO_TEST_CASE(who_ceased_to_serve_may_go_on) {
  primary_choice c;
  BOOST_TEST(c.heard_primary(0, 5));
  c.heard_backup(0, 5);
  BOOST_TEST(!c.primary());
  BOOST_TEST(c.changes() == 2u); // what was on its way is said again
  BOOST_TEST(c.heard_primary(0, 5));
  BOOST_TEST(*c.primary() == 0u);
  c.heard_backup(0, 5);
  BOOST_TEST(c.heard_primary(2, 6));
}

BOOST_AUTO_TEST_CASE(a_backup_that_knows_a_newer_epoch_ends_the_old_one) {
  primary_choice c;
  BOOST_TEST(c.heard_primary(0, 5));
  c.heard_backup(1, 5); // as it should be
  c.heard_backup(1, 4);
  BOOST_TEST(*c.primary() == 0u);
  c.heard_backup(1, 6);
  BOOST_TEST(!c.primary());
  BOOST_TEST(!c.heard_primary(0, 5));
  BOOST_TEST(c.heard_primary(2, 6));
  c.lost(1); // not the one in use
  BOOST_TEST(*c.primary() == 2u);
}

} // namespace monopod
