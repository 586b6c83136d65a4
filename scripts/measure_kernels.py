#!/usr/bin/env python3
"""Measures the kernels of the GPU in this machine, for `afdc import kernels`.

  python3 scripts/measure_kernels.py h100_sxm -o TABLES     a minute on an H100
  afdc import kernels TABLES -o tables

Needs PyTorch and Triton, nothing of afdc. Writes TABLES/NAME/torch_VERSION_FAMILY.csv with one row per call, in milliseconds:
products in bf16 and fp8 (one scale per tensor, the quantisation of the activations included) and attention of prompts and of
decodes with grouped heads. Calls are recorded in a CUDA graph that rotates through more weights and caches than the L2 holds,
and replayed; a row is the median of five replays.
"""
import argparse
import itertools
import math
import os
import pathlib
import statistics
import sys

ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
WIDTHS = [512, 1024, 2048, 4096, 8192, 16384, 28672]
HEADS = [(8, 1), (16, 2), (32, 4), (32, 8), (64, 8), (32, 32)]
BATCHES, CONTEXTS = [1, 2, 4, 8, 16, 32, 64, 128, 256], [256, 1024, 4096, 16384]
PROMPTS = [(1, n) for n in (128, 256, 512, 1024, 2048, 4096, 8192, 16384)] + [(4, 512), (4, 2048), (16, 512), (16, 1024)]
HEAD_DIM = 128
ROTATED_BYTES = 300e6  # several times the largest L2
MOST_BYTES = 6e9       # of one set of operands


class Gpu:
    """Times one call of each kind, in seconds; None where the kernel or the memory is missing, and `why` says which."""

    why = ""

    def __init__(self):
        import torch
        import triton
        import triton.language as tl
        from torch.nn import attention

        @triton.jit
        def quantise(x, y, scale, columns, BLOCK: tl.constexpr):
            row = tl.program_id(0).to(tl.int64)
            at = tl.arange(0, BLOCK)
            inside = at < columns
            value = tl.load(x + row * columns + at, inside, 0.0).to(tl.float32) / tl.load(scale)
            tl.store(y + row * columns + at, tl.clamp(value, -448.0, 448.0).to(tl.float8e4nv), inside)

        self.torch, self.kernel, self.block = torch, quantise, triton.next_power_of_2
        self.attention = attention
        self.version = torch.__version__.split("+")[0]

    def time(self, calls):
        """Seconds of one of `calls`, each of which enqueues kernels."""
        torch = self.torch
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for call in calls:
                call()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for call in calls:
                call()
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))

        def replay(times):
            begin.record()
            for _ in range(times):
                graph.replay()
            end.record()
            torch.cuda.synchronize()
            return begin.elapsed_time(end) / 1e3 / times / len(calls)

        replay(1)
        often = max(1, min(20, int(2e-3 / (replay(1) * len(calls)))))
        return statistics.median(replay(often) for _ in range(5))

    def attempt(self, make, bytes_of_one):
        """Times the calls that `make(n)` gives for n rotated operands."""
        if bytes_of_one > MOST_BYTES:
            self.why = f"more than {MOST_BYTES / 1e9:.0f} GB of operands"
            return None
        try:
            return self.time(make(max(1, min(24, math.ceil(ROTATED_BYTES / bytes_of_one)))))
        except Exception as error:  # no such kernel or format here, or no memory: PyTorch and Triton have an error for each
            self.torch.cuda.synchronize()
            self.why = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
            return None
        finally:
            self.torch.cuda.empty_cache()

    def product(self, dtype, m, n, k):
        torch = self.torch
        fp8 = dtype == "fp8"

        def make(sets):
            weights = [torch.randn(n, k, device="cuda", dtype=torch.bfloat16) * 0.02 for _ in range(sets)]
            x = torch.randn(m, k, device="cuda", dtype=torch.bfloat16)
            if not fp8:
                out = torch.empty(m, n, device="cuda", dtype=torch.bfloat16)
                return [lambda w=w: torch.mm(x, w.t(), out=out) for w in weights]
            weights = [w.to(torch.float8_e4m3fn) for w in weights]
            small, one = torch.empty(m, k, device="cuda", dtype=torch.float8_e4m3fn), torch.ones(1, device="cuda")

            def call(w):
                self.kernel[(m,)](x, small, one, k, BLOCK=self.block(k), num_warps=8)
                torch._scaled_mm(small, w.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16, use_fast_accum=True)

            return [lambda w=w: call(w) for w in weights]

        return self.attempt(make, n * k * 2)

    def attend(self, queries, heads, kv_heads, batch, tokens, backends):
        torch = self.torch
        causal = queries > 1

        def make(sets, backend):
            q = torch.randn(batch, heads, queries, HEAD_DIM, device="cuda", dtype=torch.bfloat16)
            caches = [torch.randn(2, batch, tokens, kv_heads, HEAD_DIM, device="cuda", dtype=torch.bfloat16) for _ in range(sets)]

            def call(cache):
                with self.attention.sdpa_kernel(backend):
                    torch.nn.functional.scaled_dot_product_attention(
                        q, cache[0].transpose(1, 2), cache[1].transpose(1, 2), is_causal=causal, enable_gqa=heads != kv_heads)

            return [lambda c=c: call(c) for c in caches]

        size = 2 * 2 * batch * tokens * kv_heads * HEAD_DIM
        times = [self.attempt(lambda sets, b=b: make(sets, b), size) for b in backends]
        return min((t for t in times if t), default=None)

    def prompt(self, heads, kv_heads, batch, tokens):
        kinds = self.attention.SDPBackend
        return self.attend(tokens, heads, kv_heads, batch, tokens, [kinds.CUDNN_ATTENTION, kinds.FLASH_ATTENTION])

    def decode(self, heads, kv_heads, batch, tokens):
        return self.attend(1, heads, kv_heads, batch, tokens, [self.attention.SDPBackend.FLASH_ATTENTION])


def families(gpu):
    """Name, columns and (key, thunk) rows of each table."""
    products = ((("bfloat16" if d == "bf16" else d, m, n, k), lambda d=d, m=m, n=n, k=k: gpu.product(d, m, n, k))
                for d, n, k, m in itertools.product(("bf16", "fp8"), WIDTHS, WIDTHS, ROWS))
    yield "gemm_perf", "gemm_dtype,m,n,k", products
    shape = "batch_size,isl,num_heads,num_key_value_heads,head_dim,attn_dtype,kv_cache_dtype,step"
    formats = (HEAD_DIM, "bfloat16", "bfloat16")
    yield "context_attention_perf", shape, (
        ((b, s, h, g, *formats, 0), lambda b=b, s=s, h=h, g=g: gpu.prompt(h, g, b, s))
        for (h, g), (b, s) in itertools.product(HEADS, PROMPTS))
    yield "generation_attention_perf", shape, (
        ((b, 1, h, g, *formats, s - 1), lambda b=b, s=s, h=h, g=g: gpu.decode(h, g, b, s))
        for (h, g), b, s in itertools.product(HEADS, BATCHES, CONTEXTS))


def measure(gpu, into, say):
    """Writes the tables, each whole or not at all; says what it does."""
    into.mkdir(parents=True, exist_ok=True)
    for name, columns, rows in families(gpu):
        lines, missing = [columns + ",latency"], 0
        for key, thunk in rows:
            seconds = thunk()
            if seconds is None:
                missing += 1
                continue
            lines.append(",".join(map(str, key)) + f",{seconds * 1e3:.5g}")
        path = into / f"torch_{gpu.version}_{name}.csv"
        without = f"{missing} shapes without a kernel or memory, the last: {gpu.why}"
        if len(lines) == 1:
            say(f"{name}: nothing could be measured; {without}")
            continue
        aside = path.with_suffix(".part")
        aside.write_text("\n".join(lines) + "\n")
        os.replace(aside, path)
        say(f"{path}: {len(lines) - 1} times" + (f", {without}" if missing else ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="what to call the device: the directory of its tables")
    parser.add_argument("-o", dest="into", type=pathlib.Path, default=pathlib.Path("."), help="write below this directory")
    options = parser.parse_args()
    try:
        gpu = Gpu()
    except ImportError as error:
        sys.exit(f"measure_kernels: {error.name} is missing; install PyTorch for this GPU (it brings Triton)")
    if not gpu.torch.cuda.is_available():
        sys.exit("measure_kernels: PyTorch sees no GPU here")
    measure(gpu, options.into / options.name, lambda line: print(line, file=sys.stderr, flush=True))


if __name__ == "__main__":
    main()
