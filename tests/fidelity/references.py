#!/usr/bin/env python3
"""`afdc fidelity` over every reference file, and over all measured ones together, against their bounds.

usage: references.py AFDC DATA_DIR    prints one line a file; skips where DATA_DIR is absent
"""
import collections
import csv
import json
import pathlib
import statistics
import subprocess
import sys

# kind, files, statistic, bound; metrics that are not bounded are reported only (None: every metric is bounded).
CHECKS = [
    ("genz", ["genz/cases.json", "genz/cases_errors.json", "genz/chunked_spec_cases.json"], None, "max", 1e-9),
    ("genz", ["genz/genz_operator_tables.json", "genz/golden/*.csv"], None, "max", 1e-6),
    ("network", ["network/net_cases.json"], ["closed_form", "store_forward"], "max", 1e-6),
    ("astra_sim", ["astra_sim/cases.json"], None, "max", 1e-6),
    ("aiconfigurator", ["aiconfigurator/cases.json"], ["operator"], "median", 0.02),
    ("aiconfigurator", ["aiconfigurator/cases.json"], ["operator"], "p95", 0.05),
    ("aiconfigurator", ["aiconfigurator/cases.json"], ["ttft", "tpot"], "median", 0.03),
    ("aiconfigurator", ["aiconfigurator/cases.json"], ["ttft", "tpot"], "p90", 0.10),
]

# Records of real hardware, all files together: the median over groups (source, engine, device, model) of a group's median.
MEASURED = ["argonne_llm_inference_bench", "deepseek_r1_serving", "genz_vs_measured_llama2_200_200", "gpustack_lab",
            "online_agg_ttft_tpot", "trtllm_perf_overview_1_2"]
MEASURED_BOUNDS = {"e2e": 0.10, "throughput": 0.10, "tpot": 0.10, "ttft_mean": 0.20, "ttft_median": 0.20}


def measured(afdc, data):
    """Failures of the metrics of measured records against their bounds."""
    groups = collections.defaultdict(lambda: collections.defaultdict(list))
    runs = [subprocess.Popen([afdc, "fidelity", "measured", data / "measured" / f"{name}.json", "--cases"],
                             stdout=subprocess.PIPE, text=True) for name in MEASURED]
    for run in runs:
        for row in csv.DictReader(run.communicate()[0].splitlines()):
            error = abs(float(row["predicted"]) / float(row["reference"]) - 1)
            groups[row["metric"]][row["group"]].append(error)
        if run.returncode != 0:
            print(f"FAIL measured   {run.args[3]}: exit code {run.returncode}")
            return 1
    failures = 0
    for metric, bound in MEASURED_BOUNDS.items():
        medians = [statistics.median(errors) for errors in groups[metric].values()]
        found = statistics.median(medians) if medians else float("inf")
        failures += found > bound
        print(f"{'ok  ' if found <= bound else 'FAIL'} measured   {metric:32} {len(medians):4} groups, "
              f"median {100 * found:.2f} %, bound {100 * bound:.0f} %")
    return failures


def main():
    afdc, data = sys.argv[1], pathlib.Path(sys.argv[2])
    if not data.is_dir():
        print("skipped: reference data not present")
        return 0
    failures = measured(afdc, data)
    for kind, patterns, bounded, statistic, bound in CHECKS:
        for path in sorted(p for pattern in patterns for p in data.glob(pattern)):
            run = subprocess.run([afdc, "fidelity", kind, path, "--format", "json", "--kernels", data / "kernels"], capture_output=True, text=True)
            if run.returncode != 0:
                print(f"FAIL {kind} {path.name}: {run.stderr.strip()}")
                failures += 1
                continue
            report = json.loads(run.stdout)
            errors = {m: v[statistic] for m, v in report["metrics"].items() if bounded is None or m in bounded}
            worst = max(errors, key=errors.get)
            scored = report["cases"] - len(report["skipped"])
            good = errors[worst] <= bound and scored > 0
            failures += not good
            print(f"{'ok  ' if good else 'FAIL'} {kind:10} {path.name:32} {scored:4} of {report['cases']:4} scored, "
                  f"worst {statistic} {errors[worst]:.1e} ({worst}), bound {bound:.0e}")
    return 1 if failures else 0


sys.exit(main())
