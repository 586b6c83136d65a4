#include "fidelity/fidelity.h"

namespace afdc {

const std::vector<FidelityKind>& fidelityKinds() {
  static const std::vector<FidelityKind> kinds = {
      {"genz", "evaluations, errors, chunked and speculative cases, operator tables, golden CSVs of GenZ", scoreGenz},
      {"aiconfigurator", "operator queries and estimates of NVIDIA's aiconfigurator (tables by --kernels)",
       scoreAiconfigurator},
      {"measured", "records of real hardware: hardware, model, precision, engine, deployment, workload, metrics",
       scoreMeasured},
      {"network", "collectives and transfers over a ring, a switch or full connection", scoreNetwork},
      {"astra_sim", "collectives and transfers that ASTRA-sim's analytical backend timed", scoreAstraSim},
  };
  return kinds;
}

}  // namespace afdc
