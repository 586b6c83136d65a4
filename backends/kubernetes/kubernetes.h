#pragma once
#include "backends/emit/target.h"

namespace afdc::emit {
extern const Target kLeaderWorkerSet, kDisaggregatedSet, kKserve, kInferencePool;
}  // namespace afdc::emit
