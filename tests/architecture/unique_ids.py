#!/usr/bin/env python3
"""Two messages with one id, or one name, do not build; and a room's messages concern few objects.

usage: unique_ids.py SOURCE_DIR BUILD_DIR    (ninja and compile_commands.json lie in BUILD_DIR)
"""
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])


def compiles(include_first=None):
    """Whether session/catalogue.cpp compiles, with a folder that is looked into before the project's."""
    entry = next(e for e in json.loads((build / "compile_commands.json").read_text())
                 if e["file"].endswith("session/catalogue.cpp"))
    words = shlex.split(entry["command"])
    if "ccache" in words[0]:
        words = words[1:]
    words = words[:words.index("-o")] + ["-fsyntax-only", entry["file"]]
    if include_first:
        words[1:1] = [f"-I{include_first}"]
    return subprocess.run(words, cwd=entry["directory"], capture_output=True, text=True)


def refused(room, change):
    """The catalogue must not compile when `change` has been made to the messages of a room."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / room / "diagnostics.def"
        copy.parent.mkdir(parents=True)
        text = (source / room / "diagnostics.def").read_text()
        changed = change(text)
        assert changed != text
        copy.write_text(changed)
        run = compiles(folder)
    assert run.returncode != 0 and "the same id or the same name" in run.stderr, run.stderr
    print(f"refused: {room}, {change.__doc__}")


def same_id(text):
    """an id that another room has"""
    return re.sub(r"DIAG\(AFD\d+,", "DIAG(AFD0001,", text, count=1)


def same_name(text):
    """a name that another room has"""
    return re.sub(r"DIAG\((AFD\d+), *\w+,", r"DIAG(\1, syntax_error,", text, count=1)


plain = compiles()
assert plain.returncode == 0, plain.stderr
for room in ("passes/steady", "session"):
    refused(room, same_id)
    refused(room, same_name)

# How many objects are compiled again when a room's messages change.
if shutil.which("ninja"):
    objects, of = 0, {}
    for line in subprocess.run(["ninja", "-t", "deps"], cwd=build, capture_output=True, text=True).stdout.splitlines():
        if not line.startswith(" "):
            objects += line.endswith("(VALID)")
        elif match := re.search(r"(?:^|/)((?:support|results|frontend|passes|backends|session)(?:/\w+)*)/(?:diagnostics|general)\.def$", line.strip()):
            room = str(pathlib.PurePosixPath(match[1]))
            of[room] = of.get(room, 0) + 1
    for room in sorted(of):
        print(f"messages of {room:20} {of[room]:4} of {objects} objects")
    # What every room says is everybody's; all others are a room's own.
    crowded = [room for room, count in of.items() if room != "support" and count > objects / 3]
    assert not crowded, f"these rooms' messages rebuild more than a third: {crowded}"
