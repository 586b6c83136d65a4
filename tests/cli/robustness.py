#!/usr/bin/env python3
"""Hostile input gives a clear error and exit code 1 or 2, soon, and never a crash. Usage: robustness.py AFDC"""
import json, os, random, re, subprocess, sys, tempfile

AFDC = sys.argv[1]


def run(*args, limit=60):
    p = subprocess.run([AFDC, *args], capture_output=True, timeout=limit)
    return p.returncode, p.stdout.decode(errors="replace") + p.stderr.decode(errors="replace")


def main():
    failures = []
    def expect(name, args, codes=(1, 2), words=()):
        code, text = run(*args)
        if code not in codes: failures.append(f"{name}: exit code {code}: {text[:300]}")
        for w in words:
            if w not in text: failures.append(f"{name}: `{w}` is not in: {text[:300]}")

    with tempfile.TemporaryDirectory() as d:
        def file(name, data):
            path = os.path.join(d, name)
            with open(path, "wb") as f: f.write(data if isinstance(data, bytes) else data.encode())
            return path
        for opener in "([{":
            expect(f"20000 {opener}", ["check", file("n.afd", "edition 1\nlet a = " + opener * 20000)], (1,))
        expect("20000 nested brackets, closed", ["check", file("n.afd", "edition 1\nlet a = " + "[" * 20000 + "]" * 20000)], (1,), ["nested"])
        expect("deep unary", ["check", file("n.afd", "edition 1\nlet a = " + "-" * 90000 + "1")], (1,), ["nested"])
        expect("deep sum", ["check", file("n.afd", "edition 1\nlet a = 1" + " + 1" * 90000)], (1,), ["nested"])
        expect("deep if", ["check", file("n.afd", "edition 1\nlet a = " + "if true then 1 else " * 20000 + "1")], (1,), ["nested"])
        expect("chain of lets", ["check", file("n.afd", "edition 1\nlet a0 = 1\n" + "".join(f"let a{i} = a{i-1} + 1\n" for i in range(1, 3000)))], (0, 1))
        expect("reversed chain of lets", ["check", file("n.afd", "edition 1\n" + "".join(f"let a{i} = a{i+1} + 1\n" for i in range(3000)) + "let a3000 = 1\n")], (0, 1))
        expect("doubling functions", ["check", file("n.afd", "edition 1\nfn f0(x : Int) : Int = x\n" + "".join(f"fn f{i}(x : Int) : Int = f{i-1}(x) + f{i-1}(x)\n" for i in range(1, 60)) + "let a = f59(1)\n")], (1,))
        expect("a 100 MB line", ["check", file("big.afd", b"edition 1\nlet a = " + b"1 + " * 25_000_000 + b"1\n")], (1, 2), ["16 MiB"])
        expect("a long line", ["check", file("long.afd", b"edition 1\nlet a = \"" + b"x" * 10_000_000 + b"\n")], (1,), ["at most 65536 are read"])
        expect("a directory", ["eval", d], (2,), ["directory"])
        fifo = os.path.join(d, "fifo")
        os.mkfifo(fifo)
        expect("a FIFO", ["check", fifo], (2,), ["not a regular file"])
        expect("a file of the kernel that cannot be read", ["check", "/proc/self/mem"], (2,), ["/proc/self/mem"])
        expect("a device", ["check", "/dev/zero"], (2,), ["not a regular file"])
        expect("more threads than there may be", ["explore", "x.afd", "--threads", "100000"], (2,), ["at most 256"])
        expect("more requests than there may be", ["emit", "vllm_bench", "x.afd", "--requests", "1000000000"], (2,), ["at most 1000000"])
        expect("a missing file", ["check", os.path.join(d, "none.afd")], (2,), ["no such file"])
        expect("invalid UTF-8", ["check", file("u.afd", b"edition 1\nlet a = \"\xff\xfe\"\n")], (1,), ["UTF-8"])
        expect("NUL bytes", ["check", file("z.afd", b"edition 1\nlet a = \x00\x00 3\n")], (1,))
        file("a.afd", 'edition 1\nimport "./b.afd" { y }\nlet x = y\n')
        file("b.afd", 'edition 1\nimport "./a.afd" { x }\nlet y = x\n')
        expect("an import cycle", ["check", os.path.join(d, "a.afd")], (1,), ["import each other"])
        expect("an import of a directory", ["check", file("i.afd", f'edition 1\nimport "./." {{ x }}\n')], (1,), ["directory"])
        expect("an empty file", ["check", file("e.afd", b"")], (0,))
        expect("no command", ["frobnicate"], (2,))
        expect("no file", ["eval"], (2,))
        expect("unknown option", ["eval", "--fast"], (2,))
        expect("a file without a scenario", ["eval", file("m.afd", "edition 1\nlet a = 1\n")], (1,), ["scenario"])
        # Damage real files: drop, double and swap bytes.
        rng = random.Random(7)
        root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples")
        texts = [open(os.path.join(root, n), "rb").read() for n in sorted(os.listdir(root)) if n.endswith(".afd")]
        for i in range(150):
            t = bytearray(rng.choice(texts))
            for _ in range(rng.randrange(1, 6)):
                at = rng.randrange(len(t))
                kind = rng.randrange(4)
                if kind == 0: del t[at:at + rng.randrange(1, 30)]
                elif kind == 1: t[at:at] = t[at:at + rng.randrange(1, 30)]
                elif kind == 2: t[at] = rng.randrange(256)
                else: t[at:at] = rng.choice([b"{", b"}", b"[", b"(", b"\"", b" = ", b"..", b"\n"])
            expect(f"damaged {i}", ["check", file("d.afd", bytes(t))], (0, 1, 2))
        # Case files: values of the wrong kind or size, and damaged bytes.
        record = {"id": "r", "gpu": "H200-SXM-141GB", "count": 8, "engine": {"name": "vllm", "version": "0.11.0", "command": "serve -tp 8 --max-num-seqs 64"},
                  "model": "meta-llama/Llama-3.1-8B-Instruct", "precision": {"weights": "fp8"}, "deployment": {"mode": "agg", "tp": 8, "pp": 1, "dp": None, "batch_size": 16},
                  "workload": {"isl": 1024, "osl": 128, "concurrency": 16, "mean_isl": 219.1, "num_requests": 100}, "metrics": {"ttft_ms": 90, "tpot_ms": 6, "e2e_s": 1}, "completeness": "A"}
        collective = {"kind": "AR", "topology": "ring", "ranks": 8, "bytes_total": 1048576, "bw_Bps": 5e10, "link_latency_s": 5e-7, "hop_or_arg": 1, "closed_form_us": 43.7}
        cases = {"measured": json.dumps([record, record]), "network": json.dumps({"cases": [collective]}), "genz": json.dumps({"cases": [{"model": "x", "batch": 1}]})}
        values = ["0", "-1", "1e308", "1e-300", "null", '""', "[]", "{}", "1e9", "true", "0.5"]
        for i in range(80):
            kind = rng.choice(sorted(cases))
            t = cases[kind]
            for _ in range(rng.randrange(1, 4)):
                found = list(re.finditer(r'(?<=: )(-?[0-9.e+-]+|"[^"]*"|null|true|false)', t))
                if found and rng.random() < 0.8:
                    m = rng.choice(found)
                    t = t[:m.start()] + rng.choice(values) + t[m.end():]
                else:
                    at = rng.randrange(len(t))
                    t = t[:at] + chr(rng.randrange(1, 128)) + t[at + 1:]
            expect(f"case file {i}", ["fidelity", kind, file("c.json", t)], (0, 1, 2))
        table = b"gemm_dtype,m,n,k,latency\n" + b"".join(b"bfloat16,%d,%d,4096,0.0%d\n" % (m, n, m + n) for m in (1, 2, 64) for n in (32, 4096))
        os.mkdir(os.path.join(d, "sys"))
        for i in range(40):
            t = bytearray(table)
            for _ in range(rng.randrange(1, 12)): t[rng.randrange(len(t))] = rng.randrange(256)
            file("sys/e_1_gemm_perf.csv", bytes(t))
            expect(f"kernel table {i}", ["import", "kernels", d, "-o", os.path.join(d, "out")], (0, 1, 2))
            expect(f"measurements {i}", ["calibrate", file("m.csv", bytes(t))], (0, 1, 2))
    for f in failures: print(f)
    print("robustness: " + (f"{len(failures)} failures" if failures else "ok"))
    sys.exit(1 if failures else 0)


main()
