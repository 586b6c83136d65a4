#!/usr/bin/env python3
"""Prints a file as a unified diff changes it, for where `patch` is not installed; fails where a line is not what the diff
says. Usage: apply_patch.py FILE PATCH"""
import re
import sys

before = open(sys.argv[1], encoding="utf-8").read().splitlines(keepends=True)
patch = open(sys.argv[2], encoding="utf-8").read().splitlines(keepends=True)[2:]
out, at = [], 0
for line in patch:
    hunk = re.match(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@", line)
    if hunk:
        begin = int(hunk[1]) - (hunk[2] != "0")
        out += before[at:begin]
        at = begin
    elif line[0] == "\\":  # the line before it has no end, in one of both
        if out and not before[at - 1].endswith("\n") and out[-1] == before[at - 1] + "\n":
            out[-1] = out[-1][:-1]
    elif line[0] == "+":
        out.append(line[1:])
    else:
        assert before[at].rstrip("\n") == line[1:].rstrip("\n"), (before[at], line)
        out += [before[at]] if line[0] == " " else []
        at += 1
sys.stdout.write("".join(out + before[at:]))
