#include "actors/pod.hpp"

#include <csignal>
#include <cstdio>
#include <unistd.h>
int main() {
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGTERM);
  sigaddset(&s, SIGINT);
  sigprocmask(SIG_BLOCK, &s, nullptr);
  monopod::config c;
  c.node = "node";
  c.vision["emulator"] = {};
  c.cloud["local"] = {};
  monopod::pod p(c, {monopod::stage_kind::gateway, monopod::stage_kind::broker,
                     monopod::stage_kind::vision, monopod::stage_kind::cloud});
  return p.run();
}
