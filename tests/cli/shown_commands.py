#!/usr/bin/env python3
"""The commands that README.md and docs/ show run as they are printed, and the message of the README is what is said.
Arguments: AFDC SOURCE_DIR.

They run in a copy of the examples, beside `chat.afd`, which is the file that the page shows, or else the README. Words in
capitals stand for files of
the reader's: the table below says which is put there."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

AFDC, SOURCE = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])

PLACEHOLDERS = [
    (r"\[[^\]]*\]", ""),  # what may be left out
    (r"\bKIND FILE\b", "measured examples/measurements/records.json"),
    (r"\bexplore FILE\b", "explore examples/platform_requirements.afd"),
    (r"\bkernels DIR\b", "kernels examples/measurements/kernels"),
    (r"\bFILE SCENARIO\b", "chat.afd chat"),
    (r"\bFILE\b", "chat.afd"),
    (r"\bDATA\.csv\b", "examples/measurements/serving.csv"),
    (r"\bmine\.csv\b", "examples/measurements/serving.csv"),
    (r"\bout/result\.json\b", "examples/measurements/vllm_bench.json"),
]
# Programs and tables that a machine of tests does not have; and a search of half a minute that has a test of its own.
NOT_RUN = [r"--run BIN", r"--kernels DIR", r"--compare-profile aiconfigurator", r"study\.afd"]
FEW = 40


def blocks(page):
    """(language, text) of each block of code of a page."""
    text = (SOURCE / page).read_text(encoding="utf-8")
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)


def shown():
    """(page, command) of each line of a block of shell commands that begins with afdc."""
    for page in [SOURCE / "README.md", *sorted((SOURCE / "docs").rglob("*.md"))]:
        if page.name == "commands.md":  # made of the commands' own help, whose examples another test runs
            continue
        for language, block in blocks(page):
            for line in block.splitlines() if language == "sh" else []:
                command = re.sub(r"\s+#.*", "", line).strip()
                if command.startswith("afdc "):
                    yield page.relative_to(SOURCE), command


def fileOf(page):
    """The first whole file with a scenario `chat` that a page shows."""
    for name in (page, "README.md"):
        for _, block in blocks(name):
            if block.startswith("edition 1\n") and "scenario chat " in block:
                return block
    raise SystemExit("the README shows no file with a scenario `chat`")


def run(index, page, command, root):
    """What is wrong with a command; it has a folder of its own."""
    folder = pathlib.Path(root) / str(index)
    shutil.copytree(SOURCE / "examples", folder / "examples")
    chat = fileOf(page)
    (folder / "chat.afd").write_text(chat)
    (folder / "scenario.afd").write_text(chat + 'emit vllm { of = chat, path = "out" }\n')
    (folder / "deployments").mkdir()
    (folder / "deployments" / "chat.afd").write_text(chat)
    line = command
    for pattern, text in PLACEHOLDERS:
        line = re.sub(pattern, text, line)
    words = f"{os.path.dirname(AFDC)}:{os.environ['PATH']}"
    done = subprocess.run(line, shell=True, cwd=folder, env=dict(os.environ, PATH=words), capture_output=True, text=True)
    shutil.rmtree(folder)
    # A promise that is missed is no mistake of the page.
    if "error" in done.stderr or done.returncode not in (0, 1) or (done.returncode == 1 and not done.stdout):
        return f"{page}: `{command}` ({line}): exit code {done.returncode}: {done.stderr[:1000]}"
    return None


def mistake(root):
    """What is wrong with the message that the README shows: it must be what is said of the line that it quotes."""
    shown = next(text for _, text in blocks("README.md") if text.startswith("error["))
    name, number = re.search(r"--> (\S+):(\d+):", shown).groups()
    quoted = re.search(rf"^ *{number} \| (.*)$", shown, re.M)[1]
    lines = ["edition 1", "import std.hw.nvidia { H100_SXM }"]
    if int(number) != len(lines) + 1:
        return f"the README quotes line {number} of a file of {len(lines) + 1}"
    (pathlib.Path(root) / name).write_text("\n".join([*lines, quoted, ""]))
    said = subprocess.run([AFDC, "check", name], cwd=root, capture_output=True, text=True).stderr
    return None if said.strip() == shown.strip() else f"the README shows\n{shown}where this is said\n{said}"


def main():
    commands = list(dict.fromkeys(shown()))
    tried = [c for c in commands if not any(re.search(pattern, c[1]) for pattern in NOT_RUN)]
    with tempfile.TemporaryDirectory() as root, concurrent.futures.ThreadPoolExecutor(2) as pool:
        problems = [p for p in pool.map(lambda job: run(job[0], *job[1], root), enumerate(tried)) if p]
        problems += filter(None, [mistake(root)])
    if len(tried) < FEW:
        problems.append(f"only {len(tried)} commands found: are the pages read rightly?")
    for problem in problems:
        print(problem)
    print(f"shown commands: {len(tried)} run, {len(commands) - len(tried)} not, {len(problems)} problems")
    sys.exit(1 if problems else 0)


main()
