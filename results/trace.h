// A step of a deployment as every rank runs it: operators in order, collectives, messages. Passes make it (trace.cpp);
// backends write it in the form of a simulator. Times in seconds, sizes in bytes.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "support/count.h"

namespace afdc {

enum class TraceKind : uint8_t { Compute, AllReduce, AllGather, AllToAll, Send, Receive };

struct TraceOp {
  TraceKind kind = TraceKind::Compute;
  std::string name;
  double seconds = 0;           ///< ours
  double flops = 0, bytes = 0;  ///< Compute: work. Collectives, messages: `bytes` moved per rank, below
  /// AllReduce: bytes reduced on every rank. AllGather: bytes of the whole result. AllToAll: bytes that a rank sends in
  /// all, its own share included. Send, Receive: of the message.
  double size = 0;
  double ranks = 1, stride = 1;  ///< of the group of a collective
  /// Send, Receive: one message to or from each of `peers` ranks from `peer` on, or with one peer only, the rank that
  /// lies `offset` places away. Both ends of a message have its tag.
  uint32_t peer = 0, peers = 0;
  int64_t offset = 0;
  uint32_t tag = 0;
  std::vector<uint32_t> after;  ///< operators whose results it reads
  bool inStream = true;         ///< does it begin when the operator before it in the stream has ended, not earlier?
};

/// Ranks that run the same operators.
struct TraceRanks {
  std::string name;  ///< "stage 0", "attention"
  uint32_t first = 0, count = 1;
  std::vector<TraceOp> ops;  ///< in the order of the stream
};

struct TraceTier {
  std::string name;
  Count domain = 1;
  double bandwidth = 0, latency = 0;
};

struct StepTrace {
  std::string name;  ///< "decode", "prefill", "mixed", "transfer"
  std::string role;
  uint32_t ranks = 1;
  std::vector<TraceRanks> programs;
  std::vector<TraceTier> tiers;    ///< innermost first
  double seconds = 0;              ///< of the step, ours
  double overhead = 0;             ///< of that, host, launches and gaps: before the operators
  double peak = 0, bandwidth = 0;  ///< of a device: FLOP/s of its fastest arithmetic, B/s
};

}  // namespace afdc
