#!/usr/bin/env python3
"""Random quantity expressions against exact rational arithmetic: 1 000 whose exact value fits 128 bits must be equal, 1 000
that overflow it must agree to 4 ulp. Usage: quantities.py AFDC"""
import json, math, random, subprocess, sys, tempfile, os
from fractions import Fraction as F

UNITS = {"B": F(1), "GB": F(10**9), "GiB": F(2**30), "Gbit": F(10**9, 8), "KiB": F(1024), "TB": F(10**12), "MB": F(10**6), "kbit": F(125)}
LIMIT = 2**127


class Overflow(Exception):
    pass


def fits(x):
    return abs(x.numerator) < LIMIT and x.denominator < LIMIT


def literal(rng, digits):
    whole = rng.randrange(1, 10**rng.randrange(1, digits))
    text = str(whole)
    if rng.random() < 0.5:
        frac = rng.randrange(0, 10**3)
        text += f".{frac:03d}"
        value = F(whole) + F(frac, 1000)
    else:
        value = F(whole)
    return text, value


def expression(rng, depth, digits):
    """Text and exact value of a byte quantity. Every step of the exact value is recorded, to know whether all of it fits."""
    if depth == 0:
        text, value = literal(rng, digits)
        unit = rng.choice(list(UNITS))
        return f"{text} {unit}", value * UNITS[unit], [value, value * UNITS[unit]]
    a, x, s = expression(rng, depth - 1, digits)
    kind = rng.randrange(4)
    if kind < 2:
        b, y, t = expression(rng, depth - 1, digits)
        value = x + y if kind == 0 else x - y
        return f"({a} {'+' if kind == 0 else '-'} {b})", value, s + t + [value]
    text, value = literal(rng, digits)
    result = x * value if kind == 2 else x / value
    return f"({a} {'*' if kind == 2 else '/'} {text})", result, s + [value, result]


def product(rng):
    """A product chain: overflows without cancellation."""
    text, value = literal(rng, 12)
    steps = []
    out, total = f"{text} GiB", value * UNITS["GiB"]
    for _ in range(rng.randrange(2, 5)):
        t, v = literal(rng, 16)
        if rng.random() < 0.6: out, total = f"({out} * {t})", total * v
        else: out, total = f"({out} / {t})", total / v
        steps.append(total)
    return out, total, steps


def ulps(a, b):
    return abs(a - b) / math.ulp(b) if b else abs(a)


def main():
    rng, fit, over = random.Random(20240607), [], []
    while len(fit) < 1000:
        text, value, steps = expression(rng, rng.randrange(1, 4), 5)
        if all(fits(s) for s in steps): fit.append((text, value))
    while len(over) < 1000:
        text, value, steps = product(rng)
        if not fits(value): over.append((text, value))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "q.afd")
        # Exact ones are compared inside the language, as integers of 1/denominator bytes; all are read back as well.
        with open(path, "w") as f:
            f.write("edition 1\n")
            for i, (t, _) in enumerate(fit + over): f.write(f"let q{i} = {t}\n")
        out = subprocess.run([sys.argv[1], "explain", path, "*", "--format", "json"], capture_output=True, text=True)
        if out.returncode != 0: sys.exit(out.stdout + out.stderr)
        got = {e["path"]: e for e in json.loads(out.stdout)}
        for i, (text, value) in enumerate(fit):
            e = got[f"q{i}"]
            if e["inexact"] or F(e["exact"]) != value: sys.exit(f"{text}: {value} expected, {e}")
        worst = 0.0
        for i, (text, value) in enumerate(over):
            e = got[f"q{i + len(fit)}"]
            if not e["inexact"]: sys.exit(f"{text}: {value} does not fit, yet it is called exact")
            worst = max(worst, ulps(e["base_value"], float(value)))
            if worst > 4: sys.exit(f"{text}: {e['base_value']!r} is {worst} ulp from {float(value)!r}")
    print(f"1000 exact, 1000 within {worst:.1f} ulp")


main()
