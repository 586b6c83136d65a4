"""The tables of scripts/measure_kernels.py from a pretended GPU: one microsecond beside an H200's roofline, no fp8."""
import importlib.util
import pathlib
import sys

spec = importlib.util.spec_from_file_location("measure_kernels", sys.argv[1])
measure_kernels = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(measure_kernels)


class Pretended:
    version, why = "0.1", "no fp8"

    def product(self, dtype, m, n, k):
        return None if dtype == "fp8" else 1e-6 + max(2 * m * n * k / 700e12, 2 * (n * k + m * k + m * n) / 4e12)

    def prompt(self, heads, kv_heads, batch, tokens):
        return 1e-6 + 2 * 128 * heads * batch * tokens * (tokens + 1) / 400e12

    def decode(self, heads, kv_heads, batch, tokens):
        return 1e-6 + 4 * 128 * kv_heads * batch * tokens / 4e12
    def experts(self, dtype, tokens, hidden, inner, top, experts, skew):
        bytes_each = 1 if dtype == "fp8_block" else 2
        used = sum(count > 0 for count in measure_kernels.visits(tokens, top, experts, skew))
        return 1e-6 + 3 * hidden * inner * max(bytes_each * used / 4e12, 2 * tokens * top / 700e12)


measure_kernels.measure(Pretended(), pathlib.Path(sys.argv[2]), print)
