#!/usr/bin/env python3
"""Works out the operators of a step by itself and compares afdc with it, operator by operator, to 1e-9.

Shares nothing with afdc: sizes are literals, formulas follow the documented semantics under `runtime ideal` (every
efficiency one, no overheads). Usage: oracle.py AFDC
"""
import json, math, random, subprocess, sys, os

HERE = os.path.dirname(os.path.abspath(__file__))
BW, BF16, FP8 = 4.8e12, 989e12, 1979e12          # H200 SXM
UP, UP_LAT, NIC, NIC_LAT = 450e9, 1.5e-6, 50e9, 3e-6


def roof(flops, byts, peak=BF16):
    return max(flops / peak, byts / BW), flops, byts


def allreduce(size, n):                          # inside one node
    one, two = UP_LAT + (n - 1) * size / UP, 2 * UP_LAT + 2 * (n - 1) * size / (n * UP)
    ring = 2 * (n - 1) * UP_LAT + 2 * (n - 1) * size / (n * UP)
    return min(one, two, ring)


def allgather(size, n):
    return UP_LAT + (n - 1) / n * size / UP if size else 0.0


def pairs(new, past, window=math.inf):
    return sum(min(past + i, window) for i in range(1, new + 1))


class Rank:
    """The busiest rank's share of a batch: groups (count, new, past, logits) divided by dp."""
    def __init__(self, groups, dp):
        self.g = [(math.ceil(c / dp), n, p, l) for c, n, p, l in groups]
        self.pre = [g for g in self.g if g[1] > 1]
        self.dec = [g for g in self.g if g[1] == 1]
    @staticmethod
    def tokens(gs): return sum(c * n for c, n, p, l in gs)
    @staticmethod
    def context(gs): return sum(c * (n + p) for c, n, p, l in gs)
    @staticmethod
    def logits(gs): return sum(c * l for c, n, p, l in gs)


def gemm(m, k, n, wbytes=2.0, peak=BF16):
    return roof(2 * m * k * n, 2 * m * k + wbytes * k * n + 2 * m * n, peak)


def elementwise(elements_moved):
    return roof(0, 2 * elements_moved)


def law(tokens, experts, topk, skew):
    """Popularity of experts: quantiles of a power law between 1 and 0.8 T; no expert gets more than every token."""
    high = max(2.0, 0.8 * tokens)
    us = [(experts - i - 0.5) / experts for i in range(experts)]
    x = [((high ** (1 - skew) - 1) * u + 1) ** (1 / (1 - skew)) for u in us]
    p = [v / sum(x) for v in x]
    for i in range(experts):
        if p[i] <= (1 / topk) * (1 + 1e-12): break
        over, rest = p[i] - 1 / topk, sum(p[i + 1:])
        p[i] = 1 / topk
        p[i + 1:] = [v * (1 + over / rest) for v in p[i + 1:]]
    return p


def shuffles(values, n=16, seed=7):
    """`n` orders of the values, each Fisher-Yates's of the one before: Matsumoto and Nishimura's MT19937, as C++ seeds it."""
    state = [seed]
    for i in range(1, 624):
        state.append((1812433253 * (state[-1] ^ state[-1] >> 30) + i) % 2**32)
    source = random.Random()
    source.setstate((3, (*state, 624), None))
    values = list(values)
    for _ in range(n):
        for e in range(len(values) - 1, 0, -1):
            i = source.getrandbits(32) % (e + 1)
            values[e], values[i] = values[i], values[e]
        yield values


def hottest(tokens, experts, topk, skew, ep):
    """Experts lie on ranks by number, which says nothing of their popularity: the mean over shuffles."""
    copies, placed = tokens * topk, list(map(list, shuffles(law(tokens, experts, topk, skew))))
    rows = [max(sum(p[r::ep]) * copies for r in range(ep)) for p in placed]
    touched = [max(sum(1 - (1 - q) ** copies for q in p[r::ep]) for r in range(ep)) for p in placed]
    return sum(rows) / len(rows), sum(touched) / len(touched)


def grouped(rows, touched, k, n, wbytes, peak):
    return roof(2 * k * n * rows, k * n * wbytes * touched + 2 * (k + n) * rows, peak)


def add_gqa(ops, body, r, hidden, heads, kv, dim, tp, window=math.inf):
    t = r.tokens(r.g)
    kvl = max(kv / tp, 1)
    q, kvw = heads * dim / tp, 2 * kvl * dim
    ops[body, "a"] = elementwise(2 * t * hidden + hidden)
    ops[body, "mixer.qkv_raw"] = gemm(t, hidden, q + kvw)
    ops[body, "mixer.qkv"] = elementwise(2 * t * (q + kvw))
    ops[body, "mixer.kept"] = elementwise(2 * t * kvw)
    ps = sum(c * pairs(n, p, window) for c, n, p, l in r.g)
    cached = sum(c * min(p, window) for c, n, p, l in r.g)
    ops[body, "mixer.core"] = roof(2 * (heads / tp) * 2 * dim * ps, 2 * 2 * t * q + 2 * kvw * cached)
    ops[body, "m"] = gemm(t, q, hidden)
    if tp > 1: ops[body, "m.sum"] = (allreduce(2 * t * hidden, tp), None, None)
    ops[body, "r"] = elementwise(3 * t * hidden)
    ops[body, "b"] = elementwise(2 * t * hidden + hidden)
    ops[body, "y"] = elementwise(3 * t * hidden)


def add_ends(ops, r, hidden, vocab, tp):
    t, lt = r.tokens(r.g), r.logits(r.g)
    ops["main", "x0"] = elementwise(2 * t * hidden)
    if tp > 1: ops["main", "x0.sum"] = (allreduce(2 * t * hidden, tp), None, None)
    ops["main", "last"] = elementwise(2 * lt * hidden)
    ops["main", "n"] = elementwise(2 * lt * hidden + hidden)
    ops["main", "logits"] = gemm(lt, hidden, vocab / tp)
    if tp > 1: ops["main", "logits.full"] = (allgather(2 * lt * vocab, tp), None, None)


def dense(groups):                               # Llama-3.1-8B, tp 4, dp 2
    r, ops = Rank(groups, 2), {}
    t = r.tokens(r.g)
    add_ends(ops, r, 4096, 128256, 4)
    add_gqa(ops, "dense", r, 4096, 32, 8, 128, 4)
    ops["dense", "ffn.u"] = gemm(t, 4096, 2 * 14336 / 4)
    ops["dense", "ffn.g"] = elementwise(3 * t * 14336 / 4)
    ops["dense", "f"] = gemm(t, 14336 / 4, 4096)
    ops["dense", "f.sum"] = (allreduce(2 * t * 4096, 4), None, None)
    return ops, {"dense": 32, "main": 1}


def moe(groups):                                 # Mixtral-8x7B, tp 4, ep 4: experts inside the group
    r, ops = Rank(groups, 1), {}
    t = r.tokens(r.g)
    add_ends(ops, r, 4096, 32000, 4)
    add_gqa(ops, "moe", r, 4096, 32, 8, 128, 4)
    rows, touched = hottest(t, 8, 2, 1.2, 4)
    ops["moe", "ffn.scores"] = gemm(t, 4096, 8)
    ops["moe", "ffn.r"] = elementwise(t * 8)
    ops["moe", "ffn.u"] = grouped(rows, touched, 4096, 2 * 14336, 2, BF16)
    ops["moe", "ffn.g"] = elementwise(3 * rows * 14336)
    ops["moe", "ffn.ye"] = grouped(rows, touched, 14336, 4096, 2, BF16)
    ops["moe", "f.sum"] = (allreduce(2 * t * 4096, 4), None, None)
    return ops, {"moe": 32, "main": 1}


def window(groups):                              # gpt-oss-120b, tp 8, experts split over the 8 ranks; MXFP4 weight-only
    r, ops = Rank(groups, 1), {}
    t = r.tokens(r.g)
    add_ends(ops, r, 2880, 201088, 8)
    rows, touched = hottest(t, 128, 4, 1.2, 1)
    for body, w in (("sliding", 128), ("full", math.inf)):
        add_gqa(ops, body, r, 2880, 64, 8, 64, 8, w)
        ops[body, "ffn.scores"] = gemm(t, 2880, 128)
        ops[body, "ffn.r"] = elementwise(t * 128)
        ops[body, "ffn.u"] = grouped(rows, touched, 2880, 2 * 2880 / 8, 4.25 / 8, BF16)
        ops[body, "ffn.g"] = elementwise(3 * rows * 2880 / 8)
        ops[body, "ffn.ye"] = grouped(rows, touched, 2880 / 8, 2880, 4.25 / 8, BF16)
        ops[body, "f.sum"] = (allreduce(2 * t * 2880, 8), None, None)
    return ops, {"sliding": 18, "full": 18, "main": 1}


def reach(bins, experts, topk, groups, drawn):
    """Chance that a token visits one given bin: by enumeration over which groups of the bin are drawn."""
    per_group = experts // groups
    pool, per_bin = drawn * per_group, experts // bins
    if bins >= groups:                           # a bin lies inside one group
        return drawn / groups * (1 - math.comb(pool - per_bin, topk) / math.comb(pool, topk))
    mine, total = groups // bins, 0
    for held in range(0, min(mine, drawn) + 1):
        ways = math.comb(mine, held) * math.comb(groups - mine, drawn - held) / math.comb(groups, drawn)
        total += ways * (1 - math.comb(pool - held * per_group, topk) / math.comb(pool, topk))
    return total


def mla(groups):                                 # DeepSeek-V3, dp 16, ep 16 on two nodes
    r, ops = Rank(groups, 16), {}
    t, h, fp8 = r.tokens(r.g), 7168, 1 + 4 / 16384
    add_ends(ops, r, h, 129280, 1)
    pt, dt, ctx = r.tokens(r.pre), r.tokens(r.dec), r.context(r.pre)
    all_tokens = sum(c * n for c, n, p, l in groups)
    for body in ("dense", "moe"):
        g = lambda m, k, n: gemm(m, k, n, fp8, FP8)
        ops[body, "a"] = elementwise(2 * t * h + h)
        ops[body, "mixer.qa"] = g(t, h, 1536)
        ops[body, "mixer.qn"] = elementwise(2 * t * 1536 + 1536)
        ops[body, "mixer.q"] = g(t, 1536, 128 * 192)
        ops[body, "mixer.new"] = g(t, h, 576)
        ops[body, "mixer.kept"] = elementwise(2 * t * 576)
        if pt:
            ops[body, "mixer.past"] = elementwise(2 * ctx * 512)
            ops[body, "mixer.k"] = g(ctx, 512, 128 * 128)
            ops[body, "mixer.v"] = g(ctx, 512, 128 * 128)
            ps = sum(c * pairs(n, p) for c, n, p, l in r.pre)
            ops[body, "mixer.core"] = roof(2 * 128 * (192 + 128) * ps, 2 * (pt * 128 * 192 + pt * 128 * 128 + 2 * ctx * 128 * 128))
        if dt:
            def head(m, xw, ow):                 # a product per head with one of the two halves of kv_b
                f, b = 2 * m * 512 * 128 * 128, 2 * m * (xw + ow) + fp8 * 512 * 128 * 128
                return roof(f, b, FP8)
            ops[body, "mixer.ql"] = head(dt, 128 * 128, 128 * 512)
            ps = sum(c * pairs(n, p) for c, n, p, l in r.dec)
            cached = sum(c * p for c, n, p, l in r.dec)
            ops[body, "mixer.cl"] = roof(2 * 128 * (576 + 512) * ps, 2 * 2 * dt * 128 * 512 + 2 * 576 * cached)
            ops[body, "mixer.core.2"] = head(dt, 128 * 512, 128 * 128)
        ops[body, "m"] = g(t, 128 * 128, h)
        ops[body, "r"] = elementwise(3 * t * h)
        ops[body, "b"] = elementwise(2 * t * h + h)
        ops[body, "y"] = elementwise(3 * t * h)
    ops["dense", "ffn.u"] = gemm(t, h, 2 * 18432, fp8, FP8)
    ops["dense", "ffn.g"] = elementwise(3 * t * 18432)
    ops["dense", "f"] = gemm(t, 18432, h, fp8, FP8)
    rows, touched = hottest(all_tokens, 256, 8, 1.01, 16)
    ops["moe", "ffn.scores"] = gemm(t, h, 256)
    ops["moe", "ffn.r"] = elementwise(t * 256)
    def exchange(byts):
        if not pt:                               # low latency: one copy per expert
            outer = t * 8 * (1 - 1 / 2) * byts
            inner = t * 8 * (1 - 1 / 16) * byts - outer
        else:                                    # one copy per node, fanned out to the ranks that need it
            nodes, ranks = 1 * reach(2, 256, 8, 8, 4), 15 * reach(16, 256, 8, 8, 4)
            outer, inner = t * nodes * byts, t * max(0, ranks - nodes) * byts
        return NIC_LAT + max(outer / NIC, inner / UP), None, None
    ops["moe", "ffn.xe"] = exchange(h * (1 + 4 / 128))
    ops["moe", "ffn.u"] = grouped(rows, touched, h, 2 * 2048, fp8, FP8)
    ops["moe", "ffn.g"] = elementwise(3 * rows * 2048)
    ops["moe", "ffn.ye"] = grouped(rows, touched, 2048, h, fp8, FP8)
    ops["moe", "ffn.y"] = exchange(h * 2)
    ops["moe", "ffn.su"] = gemm(t, h, 2 * 2048, fp8, FP8)
    ops["moe", "ffn.sg"] = elementwise(3 * t * 2048)
    ops["moe", "ffn.sy"] = gemm(t, 2048, h, fp8, FP8)
    ops["moe", "f"] = elementwise(3 * t * h)
    return ops, {"dense": 3, "moe": 58, "main": 1}


STEPS = {"decode": [(32, 1, 2000, 1)], "prefill": [(2, 512, 1024, 0)], "mixed": [(32, 1, 2000, 1), (2, 512, 1024, 0)],
         "one request": [(1, 1, 300, 1)], "last chunk": [(1, 777, 0, 1)]}


def main():
    afdc, worst, compared = sys.argv[1], 0.0, 0
    for name, model in (("dense", dense), ("moe", moe), ("mla", mla), ("window", window)):
        for step, groups in STEPS.items():
            state = ";".join(",".join(map(str, g)) for g in groups)
            out = subprocess.run([afdc, "step", os.path.join(HERE, "oracle_cases.afd"), name, "--batch", state, "--format", "json"],
                                 capture_output=True, text=True, check=True)
            theirs = json.loads(out.stdout)
            got = {(o["body"], o["op"]): o for o in theirs["operators"] if o["seconds"] > 0}
            ops, layers = model(groups)
            ops = {k: v for k, v in ops.items() if v[0] > 0}
            if set(got) != set(ops):
                sys.exit(f"{name}, {step}: operators differ: {sorted(set(got) ^ set(ops))}")
            total = 0.0
            for key, (seconds, flops, byts) in ops.items():
                o = got[key]
                for mine, theirs_v in ((seconds, o["seconds"]), (flops, o["flops"]), (byts, o["bytes"]), (layers[key[0]], o["count"])):
                    if mine is None: continue
                    error = abs(theirs_v - mine) / max(abs(mine), 1e-300) if mine else abs(theirs_v)
                    worst, compared = max(worst, error), compared + 1
                    if error > 1e-9: sys.exit(f"{name}, {step}, {key}: oracle {mine!r}, afdc {theirs_v!r}")
                total += seconds * layers[key[0]]
            if abs(theirs["step_s"] - total) > 1e-9 * total: sys.exit(f"{name}, {step}: step {total!r}, afdc {theirs['step_s']!r}")
    print(f"{compared} values agree; largest relative difference {worst:.1e}")


main()
