#!/usr/bin/env python3
"""`afdc list` names all that the library's files declare and others can import, with figures of each, and `afdc show`
knows each of them. Usage: library.py AFDC"""
import json
import subprocess
import sys
import tempfile

AFDC = sys.argv[1]
KINDS = ["models", "gpus", "nodes", "clusters", "runtimes", "workloads"]
problems = []


def run(*words):
    done = subprocess.run([AFDC, *words], capture_output=True, text=True)
    if done.returncode != 0 or done.stderr:
        problems.append(f"afdc {' '.join(words)}: exit code {done.returncode}: {done.stderr}")
    return done.stdout


def main():
    imports, text = [], "edition 1\n"
    for kind in KINDS:
        rows = json.loads(run("list", kind, "--format", "json"))
        if len(rows) < 3:
            problems.append(f"{kind}: only {len(rows)}")
        for row in rows:
            imports.append((row["module"], row["name"]))
            figures = [value for key, value in row.items() if key not in ("name", "module")]
            # Not every device has fp8, and not every node a price, but two figures are known of everything.
            if sum(figure is not None for figure in figures) < 2:
                problems.append(f"{kind}: {row['name']} has no figures: {row}")
        first, last = rows[0]["name"], rows[-1]["name"]
        table = run("list", kind)
        for name in (first, last):
            if name not in table:
                problems.append(f"{kind}: {name} is not in the table")
            shown = json.loads(run("show", name, "--format", "json"))
            if shown["name"] != name or not shown["figures"] or not shown["place"].startswith("std/"):
                problems.append(f"afdc show {name}: {shown}")
    for module in sorted({module for module, _ in imports}):
        text += f"import {module} {{ {', '.join(name for m, name in imports if m == module)} }}\n"
    with tempfile.NamedTemporaryFile("w", suffix=".afd") as file:
        file.write(text)
        file.flush()
        run("check", file.name)
    for problem in problems:
        print(problem)
    print(f"{len(imports)} names, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
