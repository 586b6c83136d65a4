#!/usr/bin/env python3
"""Three measured points beside the prediction under `runtime ideal`, without a bound: dense at batch 1, dense at
concurrency 32 or more, DeepSeek-R1. Usage: measured.py AFDC FOLDER (with the measurement files)."""
import json, os, subprocess, sys, tempfile

AFDC, DATA = sys.argv[1], sys.argv[2]
if not os.path.isdir(DATA):
    print("skipped: reference data not present")
    sys.exit(0)


def records(name):
    d = json.load(open(os.path.join(DATA, name)))
    return d if isinstance(d, list) else d["records"]


def evaluate(imports, cluster, model, engine, workload):
    text = f"""edition 1
import std.hw {{ Cluster }}
import std.serving {{ Aggregated, ChunkedPrefill }}
import std.workload {{ Workload, closed, batch }}
{imports}
cluster C extends Cluster {{ {cluster} }}
deployment D extends Aggregated {{ model = {model}, cluster = C, engine main {{ {engine} }} }}
workload W {{ {workload} }}
scenario s {{ workload = W, deployment = D }}
"""
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "m.afd")
        open(path, "w").write(text)
        p = subprocess.run([AFDC, "eval", path, "--format", "json"], capture_output=True, text=True)
        if p.returncode: sys.exit(text + p.stderr)
        return json.loads(p.stdout)["results"][0]["metrics"]


def show(name, rows):
    for metric, measured, predicted in rows:
        print(f"{name:<44} {metric:<10} measured {measured:>9.4f} s   ideal {predicted:>9.4f} s   {predicted / measured:5.2f}")


def main():
    r = next(x for x in records("argonne_llm_inference_bench.json")
             if x["model"] == "meta-llama/Meta-Llama-3-8B" and x["gpu"] == "Nvidia H100 GPU" and x["engine"] == "vLLM" and x["batch"] == 1 and x["isl"] == 1024)
    m = evaluate("import std.hw.nvidia { H100x8 }\nimport std.models.llama { Llama31_8B }", "pool p { node = H100x8 { gpus = 1, nics.count = 1 }, count = %d }" % r["count"],
                 "Llama31_8B", f"parallel {{ tp = {r['count']} }}", f"arrivals = batch(1 req), input = constant({r['isl']} tok), output = constant({r['osl']} tok)")
    show(f"Llama-3-8B, {r['count']} H100, batch 1, {r['isl']}+{r['osl']}", [("e2e", r["e2e_latency_s"], m["e2e_mean_s"])])

    r = next(x for x in records("online_agg_ttft_tpot.json")
             if x["deployment"]["mode"] == "agg" and x["model"] == "meta-llama/Llama-3.1-8B-Instruct" and x["hardware"]["gpu"].startswith("H100") and x["workload"]["concurrency"] >= 32)
    d, w = r["deployment"], r["workload"]
    tp = d.get("tp_size") or d.get("tp") or 1
    m = evaluate("import std.hw.nvidia { H100x8 }\nimport std.models.llama { Llama31_8B }", f"pool p {{ node = H100x8 {{ gpus = {tp} }}, count = 1 }}", "Llama31_8B",
                 f"parallel {{ tp = {tp} }}\n batching = ChunkedPrefill {{ max_seqs = 1024 }}", f"arrivals = closed({w['concurrency']} req), input = constant({w['isl']} tok), output = constant({w['osl']} tok)")
    show(f"Llama-3.1-8B, {tp} H100, c={w['concurrency']}, {w['isl']}+{w['osl']}", [("tpot", r["metrics"]["tpot_ms"] / 1e3, m["tpot_mean_s"]), ("ttft", r["metrics"]["ttft_ms"] / 1e3, m["ttft_mean_s"])])

    r = next(x for x in records("deepseek_r1_serving.json") if x["deployment"]["mode"] == "agg" and x["hardware"]["gpu"] == "MI325X" and x["workload"]["concurrency"] >= 32)
    d, w = r["deployment"], r["workload"]
    tp = d.get("tp") or d.get("decode", {}).get("tp") or r["hardware"]["count"]
    isl, osl = 0.9 * w["isl"], 0.9 * w["osl"]  # lengths are uniform in [0.8 L, L]
    # MI325X: AMD's datasheet, the MI300X with 256 GB at 6 TB/s.
    m = evaluate("import std.hw.amd { MI300X, MI300Xx8 }\nimport std.models.deepseek { DeepSeekV3 }",
                 "pool p { node = MI300Xx8 { gpu = MI300X { hbm { capacity = 256 GB, bandwidth = 6 TB/s } } }, count = 1 }", "DeepSeekV3",
                 f"parallel {{ tp = {tp} }}\n batching = ChunkedPrefill {{ max_seqs = 1024 }}", f"arrivals = closed({w['concurrency']} req), input = constant({isl:g} tok), output = constant({osl:g} tok)")
    show(f"DeepSeek-R1, {tp} MI325X, c={w['concurrency']}, {w['isl']}+{w['osl']}", [("tpot", r["metrics"]["mean_tpot_s"], m["tpot_mean_s"]), ("ttft", r["metrics"]["mean_ttft_s"], m["ttft_mean_s"])])


main()
