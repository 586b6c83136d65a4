"""Round trip of units: numbers in emitted files, read back by the unit that the target declares, are the scenario's."""
import json
import pathlib
import random
import re
import subprocess
import sys

try:
    import yaml
except ImportError:
    print("skipped: no python3-yaml")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from common import HEAD, aggregated, disaggregated, emit, scenario  # noqa: E402

AFDC = sys.argv[1]


def machine(r):
    """A node with random figures, and what they are in base units."""
    v = {"memory": r.randrange(20_000, 300_000) * 10**6, "hbm": r.randrange(500_000, 9_000_000) * 10**6,
         "bf16": r.randrange(50_000, 3_000_000) * 10**9, "fp8": r.randrange(100_000, 6_000_000) * 10**9,
         "up": r.randrange(20_000, 900_000) * 10**6, "up_latency": r.randrange(100, 9_000), "nic": r.randrange(10_000, 100_000) * 10**6,
         "nic_latency": r.randrange(1000, 20_000)}
    text = f"""node N = H100x8 {{ gpus = 8
  gpu {{
    hbm {{ capacity = {v['memory']} B, bandwidth = {v['hbm']} B/s }}
    peak {{ bf16 = {v['bf16']} FLOP/s, fp8 = {v['fp8']} FLOP/s }}
    scale_up {{ bandwidth = {v['up']} B/s, latency = {v['up_latency']} ns }}
  }}
  nics {{ count = 8, bandwidth = {v['nic']} B/s, latency = {v['nic_latency']} ns }}
}}
"""
    return text, v


def unit(folder, quantity):
    """Base units in one of a target's, as its manifest says."""
    for u in json.loads((folder / "manifest.json").read_text())["units"]:
        if u["quantity"] == quantity:
            return u["base_units_in_one"]
    raise AssertionError(f"no unit of {quantity}")


def near(a, b, what, relative=1e-12):
    assert abs(a - b) <= relative * abs(b), f"{what}: {a} read back, {b} in the scenario"


def main():
    r = random.Random(5)
    for n in range(12):
        hardware, v = machine(r)
        rate = r.uniform(0.2, 5)
        text = scenario(aggregated("Llama2_70B", "replicas = 2, parallel { tp = 8 }"), f"poisson({rate:.4f} req/s)", nodes=2,
                        machine=hardware, slo=f"expect mean(ttft) < {r.randrange(1_000_000, 9_000_000)} us")
        bound = int(re.search(r"< (\d+) us", text)[1]) * 1e-6

        out = emit(AFDC, "astra_sim", text).folder
        step = next(out.glob("*/system.json")).parent
        network, system = yaml.safe_load((step / "network.yml").read_text()), json.loads((step / "system.json").read_text())
        near(network["bandwidth"][0] * unit(out, "network bandwidth"), v["up"], "astra_sim bandwidth")
        near(network["latency"][0] * unit(out, "network latency") * 2, v["up_latency"] * 1e-9, "astra_sim latency")  # two links
        near(system["local-mem-bw"] * unit(out, "local-mem-bw"), v["hbm"], "astra_sim memory")
        near(system["peak-perf"] * unit(out, "peak-perf"), max(v["bf16"], v["fp8"]), "astra_sim peak")
        assert unit(out, "network bandwidth") == 2**30 and unit(out, "local-mem-bw") == 1e9

        out = emit(AFDC, "genz", text).folder
        call = json.loads((out / "genz.json").read_text())["calls"][0]["system"]
        for key, value in (("Flops", v["bf16"]), ("Memory_size", v["memory"]), ("Memory_BW", v["hbm"]), ("ICN", v["up"]),
                           ("ICN_LL", v["up_latency"] * 1e-9)):
            near(call[key] * unit(out, key), value, f"genz {key}")

        out = emit(AFDC, "llmservingsim", text).folder
        cluster = json.loads((out / "cluster.json").read_text())
        memory = cluster["nodes"][0]["instances"][0]["npu_mem"]
        near(cluster["link_bw"] * unit(out, "link_bw"), v["nic"], "llmservingsim link")
        near(cluster["link_latency"] * unit(out, "link_latency"), v["nic_latency"] * 1e-9, "llmservingsim latency")
        near(memory["mem_size"] * unit(out, "mem_size"), v["memory"], "llmservingsim memory")
        near(memory["mem_bw"] * unit(out, "mem_bw"), v["hbm"], "llmservingsim bandwidth")

        out = emit(AFDC, "blis", text).folder
        (device,) = json.loads((out / "hardware_config.json").read_text()).values()
        near(device["TFlopsPeak"] * unit(out, "TFlopsPeak, TFlopsFP8"), v["bf16"], "blis peak")
        near(device["BwPeakTBs"] * unit(out, "BwPeakTBs"), v["hbm"], "blis bandwidth")
        near(device["MemoryGiB"] * unit(out, "MemoryGiB"), v["memory"], "blis memory")

        out = emit(AFDC, "aiconfigurator", text.replace("node = N", "node = H100x8")).folder
        (experiment,) = [e for k, e in yaml.safe_load((out / "experiment.yaml").read_text()).items() if k != "exps"]
        near(experiment["ttft"] * unit(out, "ttft, tpot"), bound, "aiconfigurator ttft")

        out = emit(AFDC, "prometheus", text).folder
        near(float(re.search(r">= ([\d.e-]+)", (out / "rules.yml").read_text())[1]), bound, "prometheus bound")

        # Arrivals of traces: their mean rate within their own precision, and the same requests in all of them.
        first = {}
        for target, name, column, scale in (("vidur", "trace.csv", "arrived_at", 1), ("splitwise_sim", "traces/afdc.csv", "arrival_timestamp", 1),
                                            ("mist", "trace.csv", "arrival_timestamp", 1), ("blis", "trace.csv", "arrival_time_us", 1e-6)):
            known = text.replace("node = N", "node = H100x8")
            rows = [line.split(",") for line in (emit(AFDC, target, known).folder / name).read_text().splitlines()]
            at = [float(row[rows[0].index(column)]) * scale for row in rows[1:]]
            assert at == sorted(at) and len(at) == 1000
            near(len(at) / at[-1], rate, f"{target} rate", 0.01)
            first.setdefault("at", at)
            assert all(abs(a - b) < 2e-6 for a, b in zip(at, first["at"])), f"{target}: other arrivals"
        bench = [json.loads(line) for line in (emit(AFDC, "vllm_bench", text).folder / "trace.jsonl").read_text().splitlines()]
        assert all(abs(b["timestamp"] * 1e-3 - a) <= 0.5001e-3 for a, b in zip(first["at"], bench))
        near(sum(b["input_length"] for b in bench) / 1000, 1155, "mean prompt", 0.01)
        near(sum(b["output_length"] for b in bench) / 1000, 211, "mean answer", 0.01)

    # Between engines: milliseconds and decimal gigabytes of all ports of a replica.
    hardware, v = machine(r)
    text = scenario(disaggregated("Llama2_70B", "parallel { tp = 8 }", "parallel { tp = 8 }"), nodes=2, machine=hardware)
    out = emit(AFDC, "mist", text).folder
    row = (out / "network.csv").read_text().splitlines()[1].split(",")
    near(float(row[2]) * unit(out, "latency"), v["nic_latency"] * 1e-9, "mist latency")
    near(float(row[3]) * unit(out, "BW"), 8 * v["nic"], "mist bandwidth")
    listed = subprocess.run([AFDC, "emit", "--list-targets"], capture_output=True, text=True, check=True).stdout
    assert len(listed.splitlines()) >= 19
    print("ok units of seven targets come back, and four traces are the same requests")


main()
