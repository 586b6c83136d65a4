// One measured record in the layout of measurement files: what ran where under which load, and what was seen. Fields
// are taken as the file says; nothing is guessed here that a reader of the record could not also conclude.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "support/json_value.h"

namespace afdc {

/// Degrees and copies of one kind of engine.
struct RecordSide {
  double tp = 1, pp = 1, dp = 1, ep = 1, workers = 1, batch = 0;
};

struct Record {
  std::string id, source, gpu, model, engine, version, completeness, mode = "agg", command;
  std::string weights, activations, kv;  ///< as written; empty: not said
  double node_size = 8, count = 0;       ///< devices; 0: not said
  RecordSide main, prefill, decode;
  bool mtp = false;

  enum class Load { Closed, Batch, Offline, Rate, Unknown } load = Load::Unknown;
  double input = 0, output = 0, spread = 0;
  bool exponential = false;  ///< lengths of a data set, whose means are given
  double concurrency = 0, requests = 0, batch = 0, rate = 0;

  /// Seconds, tokens per second of the whole deployment: "e2e", "tpot", "ttft_mean", "ttft_median", "throughput"
  /// (output tokens), "total_throughput", "prefill".
  std::map<std::string, double> metrics;
  std::string why;  ///< not empty: what keeps the record from being expressed at all

  double devices() const;
  std::string group() const { return source + " | " + engine + " | " + gpu + " | " + model; }
};

/// All records of a file: a list, `records` of an object, or Argonne's flat rows. Empty where the layout is another.
std::vector<Record> readRecords(const Json& root);

}  // namespace afdc
