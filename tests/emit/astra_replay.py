#!/usr/bin/python3
"""Replays emitted ASTRA-sim inputs by the rules that ASTRA-sim's documentation and recorded runs show, written apart
from the emitter: one computation, one communication and one host operation in flight per rank (receives do not
count), collectives by their closed forms over one dimension, messages by latency and bandwidth. Answers in the
simulator's own words, so that it can stand in for the binary. The congestion-unaware analytical network."""
import collections
import heapq
import json
import math
import os
import pathlib
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import chakra  # noqa: E402

KINDS = {chakra.ALL_REDUCE: "all-reduce", chakra.ALL_GATHER: "all-gather", chakra.ALL_TO_ALL: "all-to-all"}


class Network:
    def __init__(self, path):
        config = yaml.safe_load(open(path))
        self.topology, self.counts = config["topology"], config["npus_count"]
        assert set(self.topology) <= {"Ring", "FullyConnected", "Switch"}
        assert len({len(config[k]) for k in ("topology", "npus_count", "bandwidth", "latency")}) == 1
        assert all(isinstance(n, int) and n >= 2 for n in self.counts)
        self.bandwidth = [b * 2**30 / 1e9 for b in config["bandwidth"]]  # bytes a ns
        self.latency = config["latency"]
        self.npus = math.prod(self.counts)

    def address(self, rank):
        out = []
        for n in self.counts:
            out.append(rank % n)
            rank //= n
        return out

    def message(self, source, target, size):
        a, b = self.address(source), self.address(target)
        d = next(i for i in range(len(a)) if a[i] != b[i])  # the first dimension in which they differ
        return self.over(d, size, abs(a[d] - b[d]))

    def over(self, d, size, distance=1):
        hops = {"Switch": 2, "FullyConnected": 1, "Ring": min(distance, self.counts[d] - distance)}[self.topology[d]]
        return int(hops * self.latency[d] + size / self.bandwidth[d])


class System:
    def __init__(self, path):
        self.config = json.load(open(path))
        self.delay = self.config["endpoint-delay"]
        assert isinstance(self.delay, int) and self.delay >= 1, "an endpoint delay of 0 aborts"
        self.memory, self.peak = self.config["local-mem-bw"], self.config["peak-perf"]

    def compute(self, node):
        operations, size = node.attr["num_ops"], node.attr["tensor_size"]
        assert operations > 0 and size > 0, f"{node.name}: no work"
        if node.attr["is_cpu_op"]:
            return node.micros * 1000
        return int(max(operations / (self.peak * 1e3), size / self.memory))


def phase(network, system, kind, algorithm, d, count, size, members=None):
    """One dimension, or a group's own ring over `members`."""
    delay = system.delay
    part = size if kind == "all-gather" else size // count
    if members:
        step = max(network.message(a, b, part) for a, b in zip(members, members[1:] + members[:1])) + delay
    else:
        step = network.over(d, part) + delay
    reduce = 3 * int(part / system.memory)
    if algorithm == "direct":
        return {"all-reduce": 2 * step + reduce, "reduce-scatter": step + reduce}.get(kind, step) + delay
    rounds = count - 1
    return {"all-reduce": rounds * (2 * step + reduce), "reduce-scatter": rounds * (step + reduce), "all-gather": rounds * step,
            "all-to-all": count * rounds // 2 * step}[kind] + delay


def collective(network, system, node, members):
    kind, size = KINDS[node.attr["comm_type"]], node.attr["comm_size"]
    algorithms = system.config[kind + "-implementation"]
    if len(members) < network.npus:
        return phase(network, system, kind, "ring", 0, len(members), size, members)
    dims = list(zip(range(len(network.counts)), network.counts, algorithms))
    if kind == "all-to-all":
        return sum(phase(network, system, kind, a, d, n, size) for d, n, a in dims)
    if kind == "all-gather":  # from the outermost dimension in, ever more
        total = 0
        for d, n, a in reversed(dims):
            total += phase(network, system, kind, a, d, n, size)
            size *= n
        return total
    total = 0
    for d, n, a in dims[:-1]:  # outwards in ever smaller shares, and back
        total += phase(network, system, "reduce-scatter", a, d, n, size) + phase(network, system, "all-gather", a, d, n, size // n)
        size //= n
    return total + phase(network, system, kind, dims[-1][2], dims[-1][0], dims[-1][1], size)


class Rank:
    def __init__(self, nodes):
        self.nodes = {n.id: n for n in nodes}
        assert len(self.nodes) == len(nodes), "two nodes have one id"
        self.waits = {n.id: len(set(n.after)) for n in nodes}
        self.readers = collections.defaultdict(list)
        for n in nodes:
            for a in set(n.after):
                assert a in self.nodes, f"{n.name} waits for a node that is not there"
                self.readers[a].append(n.id)
        self.ready = collections.defaultdict(list)  # by resource
        self.busy = collections.Counter()
        self.left, self.end = len(nodes), 0


def resource(node):
    if node.type == chakra.RECV:
        return "receive"
    if node.type in (chakra.SEND, chakra.COLL):
        return "network"
    return "host" if node.attr["is_cpu_op"] else "device"


def replay(folder):
    """Nanoseconds at which each rank ends; an assertion says what keeps one from it."""
    folder = pathlib.Path(folder)
    network, system = Network(folder / "network.yml"), System(folder / "system.json")
    assert json.load(open(folder / "memory.json"))["memory-type"] == "NO_MEMORY_EXPANSION"
    groups = json.load(open(folder / "groups.json")) if (folder / "groups.json").exists() else {}

    def load(r):
        return chakra.read(os.path.realpath(folder / f"trace.{r}.et"))[1]

    ranks = [Rank(load(r)) for r in range(network.npus)]
    everyone = list(range(network.npus))
    events, order, now = [], 0, 0
    joined = collections.defaultdict(dict)    # a collective -> rank -> node
    turn = collections.Counter()              # of a rank in a group: its next collective
    mail, wanted = {}, {}

    def later(time, rank, node):
        nonlocal order
        order += 1
        heapq.heappush(events, (time, order, rank, node))

    def start(r, node):
        rank = ranks[r]
        if node.type == chakra.COMP:
            later(now + system.compute(node), r, node)
        elif node.type == chakra.COLL:
            group = node.attr.get("pg_name", "")
            members = [int(m) for m in groups[group]] if group else everyone
            assert r in members
            key = (group, turn[r, group])
            turn[r, group] += 1
            joined[key][r] = node
            if len(joined[key]) == len(members):
                assert len({(n.attr["comm_type"], n.attr["comm_size"]) for n in joined[key].values()}) == 1, "members disagree"
                time = collective(network, system, node, members)
                for m, n in joined[key].items():
                    later(now + time, m, n)
        elif node.type == chakra.SEND:
            a = node.attr
            assert a["comm_src"] == r
            time = network.message(r, a["comm_dst"], a["comm_size"]) + system.delay
            later(now + time, r, node)
            key = (r, a["comm_dst"], a["comm_tag"])
            assert key not in mail, "a tag is used twice"
            mail[key] = (now + time, a["comm_size"])
            if key in wanted:
                assert wanted[key].attr["comm_size"] == a["comm_size"]
                later(now + time, a["comm_dst"], wanted[key])
        elif node.type == chakra.RECV:
            a = node.attr
            assert a["comm_dst"] == r
            key = (a["comm_src"], r, a["comm_tag"])
            wanted[key] = node
            if key in mail:
                assert mail[key][1] == a["comm_size"]
                later(max(now, mail[key][0]), r, node)

    def issue(r):
        rank = ranks[r]
        for where, waiting in rank.ready.items():
            while waiting and (where == "receive" or not rank.busy[where]):
                node = rank.nodes[heapq.heappop(waiting)]
                rank.busy[where] += 1
                start(r, node)

    for r, rank in enumerate(ranks):
        for n in rank.nodes.values():
            if rank.waits[n.id] == 0:
                heapq.heappush(rank.ready[resource(n)], n.id)
    for r in everyone:
        issue(r)
    while events:
        now, _, r, node = heapq.heappop(events)
        rank = ranks[r]
        rank.busy[resource(node)] -= 1
        rank.left -= 1
        rank.end = now
        for reader in rank.readers[node.id]:
            rank.waits[reader] -= 1
            if rank.waits[reader] == 0:
                heapq.heappush(rank.ready[resource(rank.nodes[reader])], reader)
        issue(r)
    return [None if rank.left else rank.end for rank in ranks]


def main():
    options = dict(a[2:].split("=", 1) for a in sys.argv[1:] if a.startswith("--") and "=" in a)
    folder = pathlib.Path(options["system-configuration"]).parent
    assert pathlib.Path(options["workload-configuration"]).name == "trace"
    for r, end in enumerate(replay(folder)):
        if end is not None:
            print(f"[workload] sys[{r}] finished, {end} cycles, exposed communication 0 cycles.")


if __name__ == "__main__":
    main()
