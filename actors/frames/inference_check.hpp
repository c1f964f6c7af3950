// Whether an application's detections can go on: to the ledger, and as JSON to a cloud.
#pragma once

#include "schemas/detection_generated.h"

namespace monopod {

/// Null when `inference` is acceptable, else what is wrong, for people: too many detections, texts
/// over limits::name_bytes or not UTF-8, numbers that are not finite (JSON has no word for them,
/// RFC 8259 section 6).
const char* inference_fault(const wire::Inference& inference);

} // namespace monopod
