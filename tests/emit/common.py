"""Scenarios for the tests of emission, and running the compiler on them."""
import atexit
import pathlib
import subprocess
import sys
import tempfile

HEAD = """edition 1
import std.hw { Cluster, FullMesh, Ring, Switch }
import std.hw.nvidia { A100x8, H100x8, H200x8 }
import std.models.deepseek { DeepSeekV2_Lite, DeepSeekV3 }
import std.models.llama { Llama2_70B, Llama31_8B, Llama31_70B }
import std.models.mistral { Mixtral_8x7B }
import std.models.qwen { Qwen3_30B_A3B }
import std.runtimes { SGLang, TensorRT_LLM, vLLM }
import std.serving { Aggregated, AttentionFfn, ChunkedPrefill, Disaggregated, MtpDrafts, NvLink, Rdma, WholePrompts, ideal }
import std.workload { batch, closed, poisson }
import std.workloads.common { Chat }
"""


def node(base="H200x8", gpus=8, topology="Switch", bandwidth=None):
    link = f", bandwidth = {bandwidth} GB/s" if bandwidth else ""
    return f"node N = {base} {{ gpus = {gpus}, gpu {{ scale_up {{ topology = {topology} {{ }}{link} }} }} }}\n"


def scenario(deployment, load="closed(64 req)", nodes=1, machine=None, slo=""):
    """One scenario `s` whose deployment `D` is written with the cluster `C`."""
    promises = f"slo P {{\n{slo}\n}}\n" if slo else ""
    return (HEAD + (machine or node()) + f"cluster C extends Cluster {{ pool a {{ node = N, count = {nodes} }} }}\n" + deployment
            + "\n" + promises
            + f"scenario s {{ workload = Chat {{ arrivals = {load} }}, deployment = D{', slo = P' if slo else ''} }}\n")


def aggregated(model, engine, runtime="ideal"):
    return f"deployment D extends Aggregated {{ model = {model}, cluster = C\n engine main {{ runtime = {runtime}\n {engine} }} }}"


def disaggregated(model, prefill, decode, runtime="ideal", decode_kind="", transfer=""):
    return (f"deployment D extends Disaggregated {{ model = {model}, cluster = C\n"
            f" engine prefill {{ runtime = {runtime}\n {prefill} }}\n"
            f" engine decode {decode_kind} {{ runtime = {runtime}\n {decode} }}\n"
            f" transfer kv {{ from = prefill, to = decode {transfer} }} }}")


def attention_ffn(model, a, f, microbatches=2, attention_parallel="", runtime="ideal", more=""):
    return (f"deployment D extends Aggregated {{ model = {model}, cluster = C\n engine main extends AttentionFfn {{\n"
            f" runtime = {runtime}\n group attention {{ devices = {a}, parallel {{ {attention_parallel or f'dp = {a}'} }} }}\n"
            f" group ffn {{ devices = {f}, parallel {{ ep = {f} }} }}\n microbatches = {microbatches}\n {more} }} }}")


class Emitted:
    def __init__(self, folder, out, err, code):
        self.folder, self.out, self.err, self.code = folder, out, err, code


def write(text):
    folder = tempfile.TemporaryDirectory(prefix="afdc-emit-")
    atexit.register(folder.cleanup)
    path = pathlib.Path(folder.name) / "s.afd"
    path.write_text(text)
    return path


def emit(afdc, target, text, *options, folder=None, check=True):
    path = write(text)
    folder = folder or path.parent / "out"
    run = subprocess.run([afdc, "emit", target, str(path), "-o", str(folder), *options], capture_output=True, text=True)
    if check and run.returncode != 0:
        sys.exit(f"{target} fails with {run.returncode}:\n{run.stderr}\n{text}")
    return Emitted(folder, run.out if hasattr(run, "out") else run.stdout, run.stderr, run.returncode)
