#!/usr/bin/env python3
"""Completes command lines as bash does, with the script that `afdc completions bash` prints, and has the scripts of other
shells read by them where they are installed. Usage: completions.py AFDC SCRIPT"""
import shutil
import subprocess
import sys

AFDC, SCRIPT = sys.argv[1], sys.argv[2]
# Words so far, the last one incomplete; what must be offered, and what must not.
CASES = [
    (["afdc", "ex"], {"explain", "explore"}, {"eval"}),
    (["afdc", "eval", "--s"], {"--set", "--strict", "--summary", "--stdlib"}, {"--format"}),
    (["afdc", "eval", "x.afd", "--format", ""], {"text", "json", "markdown"}, {"--set"}),
    (["afdc", "eval", "x.afd", "--format", "=", "j"], {"json"}, {"text"}),
    (["afdc", "list", ""], {"models", "gpus", "metrics"}, {"eval"}),
    (["afdc", "help", "pl"], {"plan"}, {"list"}),
    (["afdc", "plan", "A", "B", "C", "--goal", "t"], {"throughput", "tpot", "ttft"}, {"cost"}),
    (["afdc", "eval", "exam"], set(), {"examples"}),  # files are bash's own part
    (["afdc", "eval", "--kernels", ""], set(), {"text"}),
]
problems = []


def completed(words):
    quoted = " ".join("'" + word + "'" for word in words)
    script = f'source "{SCRIPT}"; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _afdc; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    if done.stderr:
        problems.append(f"{words}: {done.stderr}")
    return {word for word in done.stdout.split("\n") if word}


def main():
    for words, wanted, unwanted in CASES:
        offered = completed(words)
        if not wanted <= offered or unwanted & offered or (not wanted and offered):
            problems.append(f"{words}: offered are {sorted(offered)}")
    read = ["bash"]
    for shell, option in [("zsh", "-n"), ("fish", "--no-execute")]:
        if not shutil.which(shell):
            continue
        script = subprocess.run([AFDC, "completions", shell], capture_output=True, text=True).stdout
        done = subprocess.run([shell, option, "/dev/stdin"], input=script, capture_output=True, text=True)
        read.append(shell)
        if done.returncode != 0 or done.stderr:
            problems.append(f"{shell}: {done.stderr}")
    for problem in problems:
        print(problem)
    print(f"{len(CASES)} command lines, read by {', '.join(read)}: {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
