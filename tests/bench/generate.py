#!/usr/bin/env python3
"""Writes a large, valid .afd file of models, deployments and checks: generate.py MEGABYTES PATH."""
import sys

HEAD = """edition 1
import std.model { Model }
import std.blocks { Gqa, GatedMlp }
import std.hw.nvidia { H100x8 }
import std.hw { Cluster }
import std.serving { Aggregated, ChunkedPrefill }

cluster Lab extends Cluster { pool gpus { node = H100x8, count = 8 } }
"""


def unit(i):
    return f"""
/// Model number {i}.
model M{i} extends Model {{
  hidden      = {4096 + i % 7 * 512}
  layers      = {32 + i % 64}          // a comment
  vocab       = 128_256
  max_context = 128 Kitok
  layer dense {{
    mixer = Gqa {{ heads = {32 * (1 + i % 4)}, kv_heads = 8, head_dim = 128 }}
    ffn   = GatedMlp {{ intermediate = {14_336 + i % 5 * 1024} }}
  }}
  stack = layers * [dense]
  let per_layer = 2 * hidden * (hidden + 2 * 8 * 128)
  require hidden % 512 == 0 and layers > 1 else "sizes are round"
}}
deployment D{i} extends Aggregated {{
  model   = M{i}
  cluster = Lab
  engine main {{
    replicas = 2
    parallel {{ tp = {2 ** (i % 4)} }}
    batching = ChunkedPrefill {{ max_tokens = {2048 * (1 + i % 4)} tok, max_seqs = 256 }}
    kv_cache {{ block = 64 tok, fraction = 90 pct }}
  }}
  let sizes = [x * 2 for x in [1, 2, 4, 8] if x < 8]
}}
slo S{i} {{
  expect mean(ttft) < 2 s and mean(tpot) < 50 ms
  expect request_rate > 12.5 req/s else "too slow"
}}
"""


size, path = float(sys.argv[1]) * 1e6, sys.argv[2]
with open(path, "w") as f:
    written = f.write(HEAD)
    i = 0
    while written < size:
        written += f.write(unit(i))
        i += 1
