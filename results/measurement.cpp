#include "results/measurement.h"

namespace afdc {

double Record::devices() const {
  auto of = [](const RecordSide& s) { return s.tp * s.pp * s.dp * s.workers; };
  if (mode == "pd") return count > 0 ? count : of(prefill) + of(decode);
  return count > 0 ? count : of(main);
}

}  // namespace afdc
