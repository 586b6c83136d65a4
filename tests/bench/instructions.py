#!/usr/bin/env python3
"""Instructions that afdc's commands take, counted by callgrind: the same on every run, whatever else the machine does,
so that a loss of speed is seen in review as a changed line of instructions.txt.

usage: instructions.py AFDC SOURCE_DIR [--update]

Fails where a command takes over 5 % more, or 10 % fewer, than instructions.txt says: write it anew with --update, and say
in the commit why. Counts are of a Release build by g++ 12.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

COMMANDS = {
    "check full_language": ["check", "examples/full_language.afd"],
    "eval deepseek_v3_h200": ["eval", "examples/deepseek_v3_h200.afd"],
    "eval step3_afd": ["eval", "examples/step3_afd.afd"],
    "plan 70B on 8 H100": ["plan", "Llama31_70B", "H100x8", "Chat", "--slo", "ttft<2s,tpot<50ms", "--threads", "1"],
    "explore a million points": ["explore", "tests/bench/million.afd", "--threads", "1"],
}


def count(afdc, words, cwd):
    with tempfile.NamedTemporaryFile() as out:
        run = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", afdc, *words],
                             cwd=cwd, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode > 1 or not found:
        sys.exit(f"{' '.join(words)}: exit code {run.returncode}\n{run.stderr[-2000:]}")
    return int(found[1])


def main():
    afdc, source = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    if not shutil.which("valgrind"):
        print("skipped: no valgrind")
        return 77
    kept = source / "tests/bench/instructions.txt"
    known = {}
    if kept.exists():
        for line in kept.read_text().splitlines():
            if not line.startswith("#"):
                name, millions = line.rsplit(None, 1)
                known[name] = float(millions)
    found = {name: count(afdc, words, source) / 1e6 for name, words in COMMANDS.items()}
    failures = 0
    for name, millions in found.items():
        before = known.get(name)
        ratio = millions / before if before else None
        ok = ratio is not None and 0.9 <= ratio <= 1.05
        failures += not ok
        said = f"{ratio:.3f} of {before:.1f}" if ratio else "not listed"
        print(f"{'ok  ' if ok else 'DIFF'} {name:28} {millions:12.1f} million instructions ({said})")
    if "--update" in sys.argv:
        kept.write_text("# Millions of instructions; written by tests/bench/instructions.py --update.\n" +
                        "".join(f"{name:28} {millions:.1f}\n" for name, millions in found.items()))
        return 0
    return 1 if failures else 0


sys.exit(main())
