// The thesis's measurements on Raspberry Pi 4 computers (O. Heckmann, UNC Charlotte, 2022).
#pragma once

namespace monopod::experiment {

// On one Raspberry Pi 4, without Kubernetes: figures 4.1 and 4.3.
struct thesis_bare {
  static constexpr double quiet_cores = 0.06;
  static constexpr double streaming_cores = 0.289;
  static constexpr double quiet_mb = 110.8;
  static constexpr double streaming_mb = 111.3;
  static constexpr double p50_ms = 24.420;
  static constexpr double p95_ms = 65.007;
};

// On K3s on five Raspberry Pi 4 computers: figures 4.2 and 4.4.
struct thesis_k3s {
  static constexpr double quiet_cores = 0.128;
  static constexpr double streaming_cores = 7.51;
  static constexpr double quiet_mb = 125.5;
  static constexpr double streaming_mb = 213.4;
  static constexpr double p50_ms = 536.050;
  static constexpr double p95_ms = 1081.364;
};

} // namespace monopod::experiment
