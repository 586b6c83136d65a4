// Case files of networks: collectives and transfers over one homogeneous fabric with the closed form, and what
// SimGrid's flow model and ASTRA-sim's analytical backend answer.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "backends/astra_sim/closed_form.h"
#include "fidelity/fidelity.h"
#include "passes/network/fabric.h"

namespace afdc {

namespace {

std::optional<Fabric::Shape> shapeOf(std::string_view name) {
  if (name == "ring") return Fabric::Shape::Ring;
  if (name == "switch") return Fabric::Shape::Switch;
  if (name == "fc" || name == "fullyconnected") return Fabric::Shape::FullyConnected;
  return std::nullopt;
}

std::optional<double> fabricTime(const Json& c, const Fabric& f, Forwarding how) {
  auto kind = c["kind"].text();
  double bytes = c["bytes_total"].number();
  // Only neighbours and reductions in rounds have a store-and-forward form.
  if (kind == "P2P") {
    Count hops = f.shape == Fabric::Shape::Ring ? Count::round(c["hop_or_arg"].number(1)) : f.hops();
    return pointToPoint(f, bytes, hops, how);
  }
  if (kind == "AR") return ringAllReduce(f, bytes, how);
  if (how == Forwarding::StoreAndForward) return std::nullopt;
  if (kind == "A2A" || kind == "A2AN") return allToAll(f, bytes);
  if (kind == "M2N") return manyToMany(f, quotient(f.ranks, 2), quotient(f.ranks, 2), bytes);
  return std::nullopt;
}

}  // namespace

std::string scoreNetwork(const FidelityInput& input, Scoreboard& board) {
  if (!input.root["cases"].isArray()) return "it has no list `cases`";
  for (const auto& c : input.root["cases"].items) {
    board.begin();
    auto name = fmt::format("{} over {} {}", c["kind"].text("?"), c["ranks"].number(), c["topology"].text("?"));
    auto shape = shapeOf(c["topology"].text());
    if (!shape) {
      board.skip(name, fmt::format("topology `{}`: ring, switch and fc have closed forms", c["topology"].text()));
      continue;
    }
    Fabric f{*shape, Count::round(c["ranks"].number()), c["bw_Bps"].number(), c["link_latency_s"].number()};
    auto exact = fabricTime(c, f, Forwarding::CutThrough);
    if (!exact) {
      board.skip(name, fmt::format("no closed form for `{}`", c["kind"].text()));
      continue;
    }
    auto group = fmt::format("{} {}", c["kind"].text(), c["topology"].text());
    if (c["closed_form_us"].isNumber()) board.score("closed_form", group, *exact * 1e6, c["closed_form_us"].number());
    auto stored = fabricTime(c, f, Forwarding::StoreAndForward);
    if (stored && c["closed_form_store_forward_us"].isNumber())
      board.score("store_forward", group, *stored * 1e6, c["closed_form_store_forward_us"].number());
    if (c["simgrid_us"].isNumber()) board.score("simgrid", group, *exact * 1e6, c["simgrid_us"].number());
  }
  return "";
}

std::string scoreAstraSim(const FidelityInput& input, Scoreboard& board) {
  if (!input.root["cases"].isArray()) return "it has no list `cases`";
  auto networkOf = [](const Json& c) -> std::optional<astra::Network> {
    const auto& n = c["network"];
    if (n["topology"].items.size() != 1) return std::nullopt;
    return astra::Network{n["topology"].items[0].text() == "Switch", c["mode"].text() == "congestion_aware",
                          n["npus_count"].items[0].number(), n["bandwidth"].items[0].number(),
                          n["latency"].items[0].number()};
  };
  for (const auto& c : input.root["cases"].items) {
    board.begin();
    auto verb = c["collective"].text("?");
    auto topology = c["network"]["topology"].items.empty() ? "?" : c["network"]["topology"].items[0].text("?");
    auto name = fmt::format("{} {} {} {}", verb, c["comm_size_bytes"].number(), topology, c["npus"].number());
    auto network = networkOf(c);
    std::string key(verb);
    for (auto& letter : key)
      if (letter == '_') letter = '-';
    const auto& algorithm = c["system"][key + "-implementation"];
    if (c["error"].isText() || !c["cycles_ns"].isNumber()) {
      board.skip(name, "ASTRA-sim itself failed");
    } else if (!network) {
      board.skip(name, "several dimensions: no closed form");
    } else if (algorithm.items.size() != 1 || algorithm.items[0].text() != "ring") {
      board.skip(name, fmt::format("algorithm `{}`: the closed form is the ring's",
                                   algorithm.items.empty() ? "?" : algorithm.items[0].text()));
    } else if (c["system"]["preferred-dataset-splits"].number(1) > 1) {
      board.skip(name, "several chunks: pipelined inside ASTRA-sim");
    } else {
      astra::SystemLayer system{c["system"]["endpoint-delay"].number(), c["system"]["local-mem-bw"].number()};
      auto collective = verb == "all_reduce"       ? astra::Collective::AllReduce
                        : verb == "all_gather"     ? astra::Collective::AllGather
                        : verb == "reduce_scatter" ? astra::Collective::ReduceScatter
                                                   : astra::Collective::AllToAll;
      board.score("cycles", fmt::format("{} {} {}", verb, topology, c["mode"].text()),
                  astra::ringCollective(*network, system, collective, c["comm_size_bytes"].number()),
                  c["cycles_ns"].number());
    }
  }
  for (const auto& c : input.root["p2p"].items) {
    board.begin();
    auto network = networkOf(c);
    auto name = fmt::format("p2p {} -> {}", c["src"].number(), c["dst"].number());
    if (!network || c["recv_done_ns"].isNull()) {
      board.skip(name, network ? "ASTRA-sim itself failed" : "several dimensions: no closed form");
      continue;
    }
    double apart = std::abs(c["src"].number() - c["dst"].number());
    auto topology = c["network"]["topology"].items[0].text();
    double hops = topology == "Switch" ? 2 : topology == "Ring" ? std::min(apart, network->npus - apart) : 1;
    board.score("p2p", fmt::format("{} {}", topology, c["mode"].text()),
                astra::message(*network, c["size_bytes"].number(), hops), c["recv_done_ns"].number());
  }
  return "";
}

}  // namespace afdc
