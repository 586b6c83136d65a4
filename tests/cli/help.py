#!/usr/bin/env python3
"""Every command has a page of its own whose examples run; its options are those that scripts may rely on; and the pages
under docs/ name no option that there is not. Usage: help.py AFDC SOURCE_DIR"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

AFDC, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])

# What scripts use: these names stay.
SEARCH = "--top --write --html --csv --sqlite --resume --force --threads --verify --stats --max-errors --format --stdlib --allow"
OPTIONS = {
    "init": "--model --gpus --stdlib",
    "list": "--max-errors --format --stdlib",
    "show": "--max-errors --format --stdlib",
    "diff": "--set --max-errors --format --stdlib --allow",
    "completions": "",
    "check": "--strict --max-errors --format --stdlib --allow",
    "explain": "--set --max-errors --format --stdlib --allow",
    "fmt": "-w --check --diff --max-errors --format",
    "test": "--strict --max-errors --format --stdlib --allow",
    "eval": "--set --summary --profile --compare-profile --kernels --html --force --time-passes --strict --max-errors --format --stdlib --allow",
    "explore": SEARCH,
    "plan": SEARCH + " --slo --runtime --goal --devices --concurrency --rate --acceptance --isl --osl --kv --quant --set --print",
    "emit": "-o --list-targets --dry-run --force --lossy --requests --seed --run --set --max-errors --format --stdlib --allow",
    "compare": "--set --max-errors --format --stdlib --allow",
    "fidelity": "--kernels --cases --max-errors --format --stdlib",
    "calibrate": "-o --force --leave-one-out --stdlib",
    "import": "-o --force",
    "step": "--batch --set --max-errors --format --stdlib --allow",
    "ir": "--after --list-passes --time-passes --set --max-errors --format --stdlib --allow",
    "doc": "",
    "help": "",
    "version": "",
}

problems = []


def run(*words):
    done = subprocess.run([AFDC, *words], capture_output=True, text=True)
    if done.returncode != 0 or done.stderr:
        problems.append(f"afdc {' '.join(words)}: exit code {done.returncode}: {done.stderr}")
    return done.stdout


def section(page, title):
    """The lines below a title, up to the next one."""
    match = re.search(rf"^{title}\n\n((?:  .*\n)+)", page, re.MULTILINE)
    return match[1].splitlines() if match else []


def check_examples(pages):
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copytree(SOURCE / "examples", pathlib.Path(scratch) / "examples")
        tools = pathlib.Path(scratch) / "tools"
        tools.mkdir()
        (tools / "afdc").symlink_to(os.path.abspath(AFDC))
        environment = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}")
        for name, page in pages.items():
            lines = [line.strip() for line in section(page, "EXAMPLES")]
            examples = [line for line in lines if not line.startswith("#")]
            if not examples:
                problems.append(f"afdc help {name} has no example")
            for example in examples:
                done = subprocess.run(example, shell=True, cwd=scratch, env=environment, capture_output=True, text=True)
                # An example may end with a broken promise, where its page says that this is no mistake.
                broken = done.returncode == 1 and section(page, "EXIT CODES")
                if "error" in done.stderr or (done.returncode != 0 and not broken):
                    problems.append(f"afdc help {name}: `{example}`: exit code {done.returncode}: {done.stderr}")


def check_documents(options):
    seen = 0
    for path in [SOURCE / "README.md", *sorted((SOURCE / "docs").rglob("*.md"))]:
        for line in path.read_text(encoding="utf-8").splitlines():
            for command, rest in re.findall(r"afdc (\w+)([^`#|]*)", line):
                if command not in options:
                    continue
                seen += 1
                for option in re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest):
                    if option not in options[command] and option != "--help":
                        problems.append(f"{path}: afdc {command} has no {option}: {line}")
    if seen < 50:
        problems.append(f"only {seen} command lines found in the documents: are they read rightly?")


def main():
    overview = run("help")
    for words in [["--help"], []]:
        if run(*words) != overview:
            problems.append(f"afdc {' '.join(words)} is not the overview")
    for code in "0123":
        if not any(line.split()[0] == code for line in section(overview, "EXIT CODES")):
            problems.append(f"the overview does not tell exit code {code}")
    listed = re.findall(r"^  ([a-z]+) +\S", overview.split("EXIT CODES")[0], re.MULTILINE)
    listed = [name for name in listed if name != "afdc"]
    if sorted(listed) != sorted(OPTIONS):
        problems.append(f"the overview lists {listed}")
    pages, options = {}, {}
    for name in OPTIONS:
        pages[name] = run("help", name)
        if run(name, "--help") != pages[name]:
            problems.append(f"afdc {name} --help and afdc help {name} differ")
        options[name] = [line.split()[0] for line in section(pages[name], "OPTIONS") if re.match(r"  -", line)]
        if sorted(options[name]) != sorted(OPTIONS[name].split()):
            problems.append(f"afdc help {name} has the options {options[name]}")
    check_examples(pages)
    check_documents(options)
    for problem in problems:
        print(problem)
    print(f"{len(pages)} commands, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
