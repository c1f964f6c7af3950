// The probe, as made for a version of the interface that does not exist yet.
#define PROBE_VERSION 2
#include "tests/unit/plugins/probe.c"
