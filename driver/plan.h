// afdc plan: which deployment of a model on a cluster keeps a promise?
#pragma once
#include "driver/explore.h"

namespace afdc {

struct PlanOptions {
  SearchOptions search = {};
  std::string model = {}, cluster = {}, workload = {}, slo = {};
  size_t isl = 0, osl = 0;             ///< mean tokens of a prompt and an answer; 0: those of the workload
  std::string kv = {}, quant = {};     ///< formats of caches and weights; "": the checkpoint's
  std::vector<std::string> sets = {};  ///< PATH=VALUE
  std::string runtime = {};            ///< "": the one that std.explore takes
  std::string goal = "throughput";
  double rate = 0, acceptance = 0;      ///< 0: not said
  size_t devices = 0, concurrency = 0;  ///< 0: not said
  bool print = false;                   ///< only the file that says what is searched
};

Output runPlan(const PlanOptions& o);
Command planCommand();

}  // namespace afdc
