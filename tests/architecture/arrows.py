#!/usr/bin/env python3
"""Arrows between rooms go down only: no file includes what stands above its room. The rooms are listed from the ground
up; where several share a floor they do not know each other."""
import pathlib
import re
import sys

import house

# From the ground up. A room may include itself and every room on an earlier line.
FLOORS = [
    ["support"],
    ["ir"],
    ["results"],
    ["frontend/syntax"],
    ["frontend"],
    ["passes/kernels", "passes/lowering"],
    ["passes/deployment"],
    ["passes/network"],
    ["passes/cost"],
    ["passes/profiles", "passes/steady"],
    ["passes/simulation"],
    ["passes/evaluation"],
    ["passes/search"],
    ["backends/emit"],  # and every backends/TOOL: one room
    ["backends/report"],
    ["backends"],
    ["session"],
    ["fidelity"],
    ["driver"],
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
TOP = {room.split("/")[0] for room in FLOOR}


def room_of(path):
    """The room of a file, given its path below the root; None for files that are in no room (tests)."""
    folder = str(pathlib.PurePosixPath(path).parent)
    if folder.startswith("backends/") and folder != "backends/report":
        return "backends/emit"
    return folder if folder in FLOOR else None


def wrong_arrows(files):
    """`files`: pairs of a path below the root and its text. Yields what is wrong, in words."""
    for path, text in files:
        room = room_of(path)
        if room is None:
            yield f"{path}: its folder is no room; add it to FLOORS in tests/architecture/arrows.py"
            continue
        for number, line in enumerate(text.splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match or match[1].split("/")[0] not in TOP:
                continue
            other = room_of(match[1])
            if other is None:
                yield f"{path}:{number}: {match[1]} is in no room"
            elif other != room and FLOOR[other] >= FLOOR[room]:
                yield f"{path}:{number}: {room} includes {match[1]}, which stands above or beside it"


# Looking up: from the lowest room, from some in the middle; and a folder that is no room.
MUST_SEE = [(path, f'#include "{include}"\n') for path, include in [
    ("support/text.cpp", "ir/graph.h"), ("passes/cost/step.cpp", "passes/search/points.h"),
    ("passes/steady/schedule.cpp", "passes/profiles/profile.h"), ("fidelity/score.cpp", "driver/commands.h"),
    ("support/new/thing.cpp", "support/text.h")]]

if __name__ == "__main__":
    sys.exit(house.look(sys.argv[1], sorted(TOP), wrong_arrows, MUST_SEE, "wrong arrows"))
