// The record of a measurement: what ran where under which load, and what was seen. Importers make it of the files that
// tools write (fidelity/record.h); the room fidelity/ sets predictions beside it.
#pragma once
#include <map>
#include <string>

#include "support/command_line.h"

namespace afdc {

/// Degrees and copies of one kind of engine.
struct RecordSide {
  double tp = 1, pp = 1, dp = 1, ep = 1, workers = 1, batch = 0;
};

/// Fields are taken as the file says; nothing is guessed that a reader of the record could not also conclude.
struct Record {
  std::string id, source, gpu, model, engine, version, completeness, mode = "agg";
  CommandLine command;  ///< that started the engine, where the record has it
  std::string runs;     ///< the engine that ran: `engine`, or another one that the record's own command starts
  std::string page;     ///< of its source
  std::string weights, activations, kv;  ///< as written; empty: not said
  double node_size = 8, count = 0;       ///< devices; 0: not said
  RecordSide main, prefill, decode;
  bool mtp = false, otherDraft = false;  ///< drafts by the model's own modules; by a model that is not described
  double drafts = 0;                     ///< tokens drafted ahead; 0: not said
  double max_tokens = 0;                 ///< of a step; 0: not said
  double prompts = 0;                    ///< that the client sends in turn; 0: all differ
  double poll_steps = 0;                 ///< decode steps between two looks for new requests; 0: not said
  bool mixed = false;   ///< the engine was told to compute prompts and decodes in one step, whatever its own way
  double recorded = 0;  ///< sequences of the largest decode graph that it was told to record; 0: not said

  enum class Load { Closed, Batch, Offline, Rate, Step, Unknown } load = Load::Unknown;
  /// What the client divides by a request's tokens and calls its time per token: the time from the first one to the
  /// last, that from its sending to the last, or that to the first.
  enum class PerToken { Decode, Request, First } per_token = PerToken::Decode;
  double input = 0, output = 0, spread = 0;
  bool conversations = false;  ///< lengths of a data set, whose means are given
  double concurrency = 0, requests = 0, batch = 0, rate = 0;
  double context = 0;      ///< tokens in the cache of each sequence, of a step by itself
  double step_tokens = 0;  ///< of a prefill step, over all devices

  /// Seconds, tokens per second of the whole deployment: "e2e", "tpot", "ttft_mean", "ttft_median", "throughput"
  /// (output tokens), "total_throughput", "prefill".
  std::map<std::string, double> metrics;
  std::string why;  ///< not empty: what keeps the record from being expressed at all

  double devices() const;
  std::string group() const { return source + " | " + engine + " | " + gpu + " | " + model; }
};

}  // namespace afdc
