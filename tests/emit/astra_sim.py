"""Traces for ASTRA-sim: read back by an independent protobuf reader and replayed by the simulator's documented rules.

Over many scenarios: ids unique, dependencies acyclic, sends matched by receives, FLOPs and bytes the operator graph's,
every rank finishes, and step times within 2 % of ours where both models of the network say the same.
"""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

try:
    import google.protobuf  # noqa: F401
    import yaml  # noqa: F401
except ImportError:
    print("skipped: no python3-protobuf or python3-yaml")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import astra_replay  # noqa: E402
import chakra  # noqa: E402
from common import aggregated, attention_ffn, disaggregated, emit, node, scenario, write  # noqa: E402

AFDC = sys.argv[1]
DATA = pathlib.Path(sys.argv[2]) / "astra_sim" / "cases.json"


def scenarios():
    """name -> (text, does the network's model agree with ours?)"""
    out = {}
    # Dense, tensor parallel, over one dimension of each topology. Between nodes both models run rings; inside a scale-up
    # domain ours takes the best of three algorithms, of which the simulator has two, one of them without congestion.
    for topology in ("Switch", "FullMesh", "Ring"):
        for tp in (2, 4, 8, 16):
            machine = node(gpus=1)
            text = scenario(aggregated("Llama31_70B" if tp > 2 else "Llama31_8B", f"parallel {{ tp = {tp} }}"), machine=machine, nodes=tp)
            tier = f"tier fabric {{ domain = {tp}, bandwidth = 50 GB/s, latency = 2 us, topology = {topology} {{ }} }}"
            text = text.replace(f"count = {tp} }} }}", f"count = {tp} }}\n {tier} }}")
            out[f"between nodes tp{tp} {topology}"] = (text, True)
    for topology in ("Switch", "FullMesh", "Ring"):
        for tp in (2, 4, 8):
            text = scenario(aggregated("Llama31_70B", f"parallel {{ tp = {tp} }}"), "closed(256 req)",
                            machine=node(topology=topology))
            out[f"dense tp{tp} {topology}"] = (text, False)
    for gpus in (16, 32, 64):
        machine = node(gpus=gpus)
        out[f"dense dp{gpus // 8} tp8"] = (scenario(aggregated("Llama31_70B", f"parallel {{ tp = 8, dp = {gpus // 8} }}"),
                                                     f"closed({32 * gpus} req)", machine=machine), False)
    for pp in (2, 4):
        out[f"pipeline pp{pp} tp2"] = (scenario(aggregated("Llama31_70B", f"parallel {{ tp = 2, pp = {pp} }}")), False)
    out["two nodes tp16"] = (scenario(aggregated("Llama31_70B", "parallel { tp = 8, pp = 2 }"), nodes=2), False)
    # Mixtures of experts: exchanges over one dimension and over two.
    for ep in (2, 4, 8):
        out[f"moe ep{ep}"] = (scenario(aggregated("Mixtral_8x7B", f"parallel {{ dp = {ep}, ep = {ep} }}"), f"closed({16 * ep} req)"),
                              False)
    for ep in (16, 32, 64, 128, 256):
        out[f"deepseek ep{ep}"] = (scenario(aggregated("DeepSeekV3", f"parallel {{ dp = {ep}, ep = {ep} }}"),
                                            f"closed({32 * ep} req)", nodes=ep // 8), False)
    out["deepseek tp8 dp2 ep16"] = (scenario(aggregated("DeepSeekV3", "parallel { tp = 8, dp = 2, ep = 16 }"), nodes=2), False)
    out["moe tp8 ep8"] = (scenario(aggregated("Qwen3_30B_A3B", "parallel { tp = 8, ep = 8 }")), False)
    # Prefill and decode apart.
    for tp, dtp in ((1, 1), (2, 4), (4, 2), (8, 8)):
        out[f"pd tp{tp} tp{dtp}"] = (scenario(disaggregated("Llama31_8B", f"parallel {{ tp = {tp} }}", f"parallel {{ tp = {dtp} }}"),
                                              nodes=2), False)
    out["pd deepseek"] = (scenario(disaggregated("DeepSeekV3", "parallel { dp = 16, ep = 16 }", "parallel { dp = 32, ep = 32 }"),
                                   "closed(512 req)", nodes=8), False)
    # Attention and FFN apart: exchanges are messages between ranks.
    for a, f, m in ((2, 2, 2), (4, 2, 2), (4, 4, 3), (8, 4, 1), (8, 8, 2)):
        machine = node(gpus=a + f)
        out[f"afd {a}A{f}F m{m}"] = (scenario(attention_ffn("Mixtral_8x7B", a, f, m, more="exchange { via = NvLink { } }"),
                                              "closed(512 req)", machine=machine), False)
    out["afd two nodes"] = (scenario(attention_ffn("DeepSeekV3", 16, 16, 3), "closed(2048 req)", nodes=4), False)
    out["pd + afd"] = (scenario(disaggregated(
        "DeepSeekV3", "parallel { dp = 16, ep = 16 }",
        "group attention { devices = 16, parallel { dp = 16 } }\n group ffn { devices = 16, parallel { ep = 16 } }\n microbatches = 2",
        decode_kind="extends AttentionFfn"), "closed(1024 req)", nodes=8), False)
    # Engines as fitted: kernels are slower than the roofline, and hosts take their time.
    for tp in (2, 4, 8):
        out[f"vLLM tp{tp}"] = (scenario(aggregated("Llama31_8B", f"parallel {{ tp = {tp} }}", "vLLM")), False)
    out["SGLang drafts"] = (scenario(aggregated("DeepSeekV3", "parallel { dp = 16, ep = 16 }\n speculative = MtpDrafts { depth = 1, acceptance = 80 pct }", "SGLang"), nodes=2), False)
    out["batch"] = (scenario(aggregated("Llama31_8B", "parallel { tp = 2 }"), "batch(16 req)"), False)
    return out


# As Chakra's feeders read them.
KINDS = {"is_cpu_op": "bool_val", "num_ops": "int64_val", "tensor_size": "uint64_val", "comm_type": "int64_val", "comm_size": "int64_val",
         "comm_src": "int32_val", "comm_dst": "int32_val", "comm_tag": "int32_val", "pg_name": "string_val"}


def check_files(folder):
    """What must hold of the files of a step; returns FLOPs and bytes of each rank."""
    work, sends, receives = {}, collections.Counter(), collections.Counter()
    ranks = json.load(open(folder / "expected.json"))["ranks"]
    assert len(list(folder.glob("trace.*.et"))) == ranks
    for r in range(ranks):
        metadata, nodes, kinds = chakra.read(os.path.realpath(folder / f"trace.{r}.et"))
        assert metadata.version == "0.0.4" and metadata.attr[0].string_val.startswith("afdc ")
        ids = {n.id: i for i, n in enumerate(nodes)}
        assert kinds.items() <= KINDS.items(), kinds
        assert len(ids) == len(nodes), "ids are not unique"
        for i, n in enumerate(nodes):
            # Nodes come after those that they wait for, so there is no cycle.
            assert all(a in ids and ids[a] < i for a in n.after), f"{n.name}: a dependency is missing or later"
            if n.type in (chakra.SEND, chakra.RECV):
                key = (n.attr["comm_src"], n.attr["comm_dst"], n.attr["comm_tag"], n.attr["comm_size"])
                (sends if n.type == chakra.SEND else receives)[key] += 1
                assert n.attr["comm_src"] != n.attr["comm_dst"] and max(key[:2]) < ranks
            if n.type in (chakra.COLL, chakra.SEND, chakra.RECV):
                assert n.attr["comm_size"] > 0
        device = [n for n in nodes if n.type == chakra.COMP and not n.attr["is_cpu_op"]]
        # An operator without FLOPs has one: none is not allowed.
        work[r] = (sum(n.attr["num_ops"] for n in device if n.attr["num_ops"] > 1), sum(n.attr["tensor_size"] for n in device))
    assert sends == receives and all(v == 1 for v in sends.values()), "a message has one end"
    return work


def graph_work(text, state):
    """FLOPs and bytes of a step's computation by the compiler's own table."""
    run = subprocess.run([AFDC, "step", str(write(text)), "--batch=" + state, "--format", "json"], capture_output=True, text=True,
                         check=True)
    ops = json.loads(run.stdout)["operators"]
    network = {"all_reduce", "all_gather", "dispatch", "combine", "reshard"}
    own = [o for o in ops if o["class"] not in network and o["seconds"] > 0]
    return sum(o["flops"] * o["count"] for o in own), sum(o["bytes"] * o["count"] for o in own)


def check_sums():
    """A static batch has a decode step whose state is known: 16 sequences in the middle of their answers."""
    for engine, model in (("parallel { tp = 2 }", "Llama31_8B"), ("parallel { dp = 4, ep = 4 }", "Mixtral_8x7B"),
                          ("parallel { tp = 4, ep = 4 }", "Qwen3_30B_A3B")):
        text = scenario(aggregated(model, engine), "batch(16 req)").replace("Chat {", "Chat { input = constant(1024 tok), output = constant(256 tok),")
        out = emit(AFDC, "astra_sim", text)
        flops, size = graph_work(text, f"16,1,{1024 + 128},1")
        for rank, (f, b) in check_files(out.folder / "decode").items():
            assert abs(f / flops - 1) < 1e-6 and abs(b / size - 1) < 1e-6, (model, rank, f, flops, b, size)
    print("ok FLOPs and bytes are the operator graph's")


def check_replay_rules():
    """The replay's closed forms against what the simulator itself printed, where its runs are at hand."""
    if not DATA.exists():
        print("skipped: reference data not present (recorded runs of the simulator)")
        return
    cases = json.load(open(DATA))["cases"]
    compared = 0
    kinds = {"all_reduce": 0, "all_gather": 2, "all_to_all": 6}
    for c in cases:
        network, system = c["network"], c["system"]
        if (c["mode"] != "congestion_unaware" or c["collective"] not in kinds or c.get("cycles_ns") is None
                or system["preferred-dataset-splits"] != 1):
            continue
        key = c["collective"].replace("_", "-") + "-implementation"
        used = set(system.get(key, ["?"]))
        if not used <= {"ring", "direct"} or ("direct" in used and "Ring" in network["topology"]):
            continue
        net = astra_replay.Network.__new__(astra_replay.Network)
        net.topology, net.counts = network["topology"], network["npus_count"]
        net.bandwidth, net.latency = [b * 2**30 / 1e9 for b in network["bandwidth"]], network["latency"]
        net.npus = c["npus"]
        sys_ = astra_replay.System.__new__(astra_replay.System)
        sys_.config, sys_.delay, sys_.memory = system, system["endpoint-delay"], system.get("local-mem-bw") or 1e30
        one = chakra.ReadNode()
        one.attr = {"comm_type": kinds[c["collective"]], "comm_size": c["comm_size_bytes"]}
        got = astra_replay.collective(net, sys_, one, list(range(net.npus)))
        assert got == c["cycles_ns"], (c["tag"], c["collective"], system[key], got, c["cycles_ns"])
        compared += 1
    assert compared > 60, compared
    print(f"ok the replay equals {compared} recorded single collectives")


def main():
    check_scale()  # first: a child's peak counts what this process held when it was started
    check_replay_rules()
    check_sums()
    count, agreeing = 0, 0
    for name, (text, agrees) in scenarios().items():
        out = emit(AFDC, "astra_sim", text)
        steps = sorted(p.parent for p in out.folder.glob("*/expected.json"))
        assert steps, f"{name}: no step was emitted"
        for folder in steps:
            expected = json.load(open(folder / "expected.json"))
            check_files(folder)
            ends = astra_replay.replay(folder)
            assert None not in ends, f"{name}, {folder.name}: ranks {[r for r, e in enumerate(ends) if e is None][:5]} wait for ever"
            ratio = expected["ours_ns"] / max(ends)
            if agrees:
                agreeing += 1
                assert abs(ratio - 1) < 0.02, f"{name}, {folder.name}: ours over theirs is {ratio:.4f}"
            assert 0.05 < ratio < 5, f"{name}, {folder.name}: {ratio:.3f}"
            print(f"ok {name:24} {folder.name:14} {expected['ranks']:4} ranks, ours over replayed {ratio:.3f}")
            count += 1
    assert count >= 40, count
    print(f"{count} steps, every rank finishes; {agreeing} of them where the models agree are within 2 %")
    check_run_option()


def check_run_option():
    text = scenario(aggregated("Llama31_8B", "parallel { tp = 4 }"))
    replay = str(pathlib.Path(__file__).parent / "astra_replay.py")
    out = emit(AFDC, "astra_sim", text, "--run", replay)
    assert re.search(r"decode +4 .* (0\.9|1\.0)", out.out), out.out
    # A simulator that stops half-way says nothing of it in its exit status.
    half = pathlib.Path(out.folder).parent / "half"
    half.write_text("#!/bin/sh\necho 'sys[0] finished, 100 cycles, exposed communication 0 cycles.'\n")
    half.chmod(0o755)
    stopped = emit(AFDC, "astra_sim", text, "--run", str(half), check=False)
    assert stopped.code == 1 and "1 of 4 ranks finished" in stopped.err, stopped.err
    print("ok --run shows both, and tells ranks that did not finish")


def check_scale():
    import resource

    text = scenario(aggregated("DeepSeekV3", "parallel { tp = 8, dp = 128, ep = 256, ftp = 8 }"), "closed(16384 req)", nodes=128)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = emit(AFDC, "astra_sim", text)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    files = list((out.folder / "decode").glob("trace.*.et"))
    assert len(files) == 1024
    distinct = {p.resolve() for p in files}
    assert after.ru_maxrss < 500 * 1024, after.ru_maxrss  # KiB, of the largest child so far
    print(f"ok 1024 ranks of DeepSeek-V3: {len(distinct)} distinct files, "
          f"{after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.2f} s CPU")


main()
