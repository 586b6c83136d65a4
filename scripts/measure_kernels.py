#!/usr/bin/env python3
"""Measures the kernels of the GPU in this machine, for `afdc import kernels`.

  python3 scripts/measure_kernels.py h100_sxm -o TABLES     a minute and a half on an H100
  afdc import kernels TABLES -o tables

Needs PyTorch and Triton, nothing of afdc. Writes TABLES/NAME/torch_VERSION_FAMILY.csv with one row per call, in milliseconds:
products in bf16 and fp8 (one scale per tensor, the quantisation of the activations included), attention of prompts and of
decodes with grouped heads, and the experts of a layer in bf16 and in fp8 with a scale per block (both products, the activation
between them and the sum over a token's experts, by the quickest of some tilings; not the choice of the experts). Calls are
recorded in a CUDA graph that rotates through more weights and caches than the L2 holds, and replayed; a row is the median of
five replays.
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
TOKENS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
# Width, inner width, experts of a token, experts, and the exponent of their popularity (0: all alike), as std.models has it.
EXPERTS = [(2048, 768, 8, 128, 1.2), (4096, 1536, 8, 128, 1.2), (4096, 384, 8, 128, 1.2), (4096, 14336, 2, 8, 1.2),
           (7168, 256, 8, 256, 1.01)]
# Rows, columns and depth of a tile, warps, stages.
TILES = [(16, 64, 128, 4, 4), (16, 128, 128, 4, 3), (32, 128, 128, 4, 3), (64, 128, 128, 4, 3), (64, 256, 128, 8, 3),
         (128, 128, 128, 8, 3), (128, 256, 64, 8, 3)]
HEAD_DIM = 128
ROTATED_BYTES = 300e6  # several times the largest L2
MOST_BYTES = 6e9       # of one set of operands


def visits(tokens, top, experts, skew):
    """Tokens of each expert, the most popular first: alike, or quantiles of a power law between 1 and 0.8 of the tokens."""
    total, power, reach = tokens * top, 1 - skew, math.log(max(2.0, 0.8 * tokens))
    share = [1.0] * experts
    if skew > 0:
        share = [math.log1p(math.expm1(power * reach) * (experts - i - 0.5) / experts) / power for i in range(experts)]
        share = [math.exp(s) for s in share]
    # A token visits an expert at most once: what a popular one cannot take goes to the others.
    counts, left, rest = [], total, sum(share)
    for s in share:
        counts.append(min(tokens, left, math.ceil(left * s / rest - 1e-9)))
        left, rest = left - counts[-1], rest - s
    return counts


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

        @triton.jit
        def quantise_blocks(x, y, scales):
            block = tl.program_id(0).to(tl.int64)
            at = block * 128 + tl.arange(0, 128)
            value = tl.load(x + at).to(tl.float32)
            scale = tl.maximum(tl.max(tl.abs(value), 0), 1e-10) / 448.0
            tl.store(scales + block, scale)
            tl.store(y + at, (value / scale).to(tl.float8e4nv))

        @triton.jit
        def activate(x, y, columns, BLOCK: tl.constexpr):
            row = tl.program_id(0).to(tl.int64)
            at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
            inside = at < columns
            gate = tl.load(x + row * 2 * columns + at, inside, 0.0).to(tl.float32)
            up = tl.load(x + row * 2 * columns + columns + at, inside, 0.0).to(tl.float32)
            tl.store(y + row * columns + at, (gate * tl.sigmoid(gate) * up).to(tl.bfloat16), inside)

        @triton.jit
        def grouped(a, b, c, scale_a, scale_b, slots, expert_of, N, K, TOP: tl.constexpr, BLOCKED: tl.constexpr,
                    M_TILE: tl.constexpr, N_TILE: tl.constexpr, K_TILE: tl.constexpr):
            """Row `slot` of c is row `slot // TOP` of a times the weights of the expert whose tile the slot lies in."""
            tiles = tl.cdiv(N, N_TILE)
            m, n = tl.program_id(0) // tiles, tl.program_id(0) % tiles
            slot = tl.load(slots + m * M_TILE + tl.arange(0, M_TILE)).to(tl.int64)
            expert = tl.load(expert_of + m).to(tl.int64)
            inside, columns, depth = slot >= 0, n * N_TILE + tl.arange(0, N_TILE), tl.arange(0, K_TILE)
            within = columns < N
            rows = slot // TOP
            x_at = a + rows[:, None] * K + depth[None, :]
            w_at = b + expert * N * K + columns[None, :].to(tl.int64) * K + depth[:, None]
            sum = tl.zeros((M_TILE, N_TILE), tl.float32)
            for k in range(0, K // K_TILE):
                x = tl.load(x_at, inside[:, None], 0.0)
                w = tl.load(w_at, within[None, :], 0.0)
                if BLOCKED:
                    x_scale = tl.load(scale_a + rows * (K // 128) + k * K_TILE // 128, inside, 0.0)
                    w_scale = tl.load(scale_b + (expert * (N // 128) + columns // 128) * (K // 128) + k * K_TILE // 128, within, 0.0)
                    sum += tl.dot(x, w) * x_scale[:, None] * w_scale[None, :]
                else:
                    sum = tl.dot(x, w, sum)
                x_at += K_TILE
                w_at += K_TILE
            tl.store(c + slot[:, None] * N + columns[None, :], sum.to(tl.bfloat16), inside[:, None] & within[None, :])

        self.torch, self.kernel, self.block = torch, quantise, triton.next_power_of_2
        self.kernels = quantise_blocks, activate, grouped
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

    def attempt(self, make, bytes_of_one, most=MOST_BYTES):
        """Times the calls that `make(n)` gives for n rotated operands."""
        if bytes_of_one > most:
            self.why = f"more than {most / 1e9:.0f} GB of operands"
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

    def laid_out(self, counts, tokens, top, rows):
        """Slots (a token's place with one of its experts) by expert, in tiles of `rows`, and whose tile each is."""
        slots, owners = [], []
        order = iter([t * top + j for j in range(top) for t in range(tokens)])
        for expert, count in enumerate(counts):
            own = list(itertools.islice(order, count))
            for at in range(0, count, rows):
                tile = own[at:at + rows]
                slots += tile + [-1] * (rows - len(tile))
                owners.append(expert)
        return (self.torch.tensor(x, device="cuda", dtype=self.torch.int32) for x in (slots, owners))

    def experts(self, dtype, tokens, hidden, inner, top, experts, skew):
        """One layer's: tokens times up and gate, the activation, times down, summed."""
        counts = visits(tokens, top, experts, skew)
        torch, blocked = self.torch, dtype == "fp8_block"
        quantise_blocks, activate, grouped = self.kernels
        kind, width = (torch.float8_e4m3fn, 1) if blocked else (torch.bfloat16, 2)

        def weights(n, k):
            plain = torch.empty(experts, n, k, device="cuda", dtype=kind)
            for each in plain:
                each.copy_(torch.randn(n, k, device="cuda", dtype=torch.bfloat16) * 0.02)
            return plain, torch.ones(experts, n // 128, k // 128, device="cuda") if blocked else None

        def make(sets, tile):
            rows, columns, depth, warps, stages = tile
            slots, owners = self.laid_out(counts, tokens, top, rows)
            empty = lambda *shape, d=torch.bfloat16: torch.empty(*shape, device="cuda", dtype=d)
            x, out = torch.randn(tokens, hidden, device="cuda", dtype=torch.bfloat16), empty(tokens, hidden)
            first, middle, last = empty(tokens * top, 2 * inner), empty(tokens * top, inner), empty(tokens * top, hidden)

            def product(a, w, c, n, k, of):
                if blocked:
                    small, scales = empty(a.shape, d=kind), empty(a.numel() // 128, d=torch.float32)
                    quantise_blocks[(a.numel() // 128,)](a, small, scales, num_warps=1)
                else:
                    small, scales = a, None
                grouped[(owners.numel() * -(-n // columns),)](
                    small, w[0], c, scales, w[1], slots, owners, n, k, TOP=of, BLOCKED=blocked, M_TILE=rows, N_TILE=columns,
                    K_TILE=depth, num_warps=warps, num_stages=stages)

            def call(up, down):
                product(x, up, first, 2 * inner, hidden, top)
                activate[(tokens * top, -(-inner // 512))](first, middle, inner, BLOCK=512)
                product(middle, down, last, hidden, inner, 1)
                torch.sum(last.view(tokens, top, hidden), 1, out=out)

            operands = [(weights(2 * inner, hidden), weights(hidden, inner)) for _ in range(sets)]
            return [lambda o=o: call(*o) for o in operands]

        each = tokens * top / sum(count > 0 for count in counts)  # rows of an expert that has any
        near = [t for t in TILES if t[2] == 128 or not blocked]
        near = [t for t in near if t[0] <= max(16, 2 * each) and t[0] >= min(128, each / 4)]
        times = [self.attempt(lambda sets, t=t: make(sets, t), 3 * experts * hidden * inner * width, 30e9) for t in near]
        return min((t for t in times if t), default=None)

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
    columns = "moe_dtype,num_tokens,hidden_size,inter_size,topk,num_experts,moe_tp_size,moe_ep_size,distribution"
    layers = [(*shape, s) for *shape, skew in EXPERTS for s in (0, skew)]
    yield "moe_perf", columns, (
        (("bfloat16" if d == "bf16" else d, t, h, i, k, e, 1, 1, f"power_law_{s}" if s else "balanced"),
         lambda d=d, t=t, h=h, i=i, k=k, e=e, s=s: gpu.experts(d, t, h, i, k, e, s))
        for d, (h, i, k, e, s), t in itertools.product(("bf16", "fp8_block"), layers, TOKENS))


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
