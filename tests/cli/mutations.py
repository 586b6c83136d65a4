#!/usr/bin/env python3
"""Mistakes that people make, made one at a time in the examples: each is to give one message, at the mistake.

  mutations.py AFDC [EXAMPLES]           a sample; fails when fewer than 90 % of the mistakes are answered so
  mutations.py AFDC [EXAMPLES] --all     every mistake at every place, and a list of those answered otherwise

An operator makes one kind of mistake at each place of a file where it can be made. A mutant counts when `afdc check` says
something of it that it does not say of the file itself; one of which nothing new is said is taken for another valid file and
is not counted (the column "silent"). It is answered well when there is exactly one new message, and one of the places
that the message shows (the place itself or a label beside it) covers or touches what was changed. What was left out lies
between the tokens around it. A place of more than two lines covers nothing: it says "somewhere here".
"""
import argparse
import concurrent.futures
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict, namedtuple

Token = namedtuple("Token", "kind text begin end")
# Text of a mutant, and where in it the mistake is.
Mutant = namedtuple("Mutant", "text begin end")

TOKEN = re.compile(r"""
    (?P<comment>//[^\n]*) | (?P<text>"(?:[^"\\\n]|\\.)*") |
    (?P<quantity>\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?[ ]?(?:[kKMGTPE]i?)?(?:B|bit|bps|FLOP|tok|req|USD|W|Wh|Hz|ns|us|ms|s|min|h|pct)\b
      (?:/(?:k|M)?(?:s|h|tok|Wh|req)\b)?) |
    (?P<number>\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?) | (?P<name>[A-Za-z_]\w*) |
    (?P<mark>->|\+\+|\.\.=|\.\.|<=|>=|==|!=|[^\s\w]) | (?P<blank>\s+)""", re.VERBOSE)

KEYWORDS = {"let", "fn", "import", "extends", "expect", "require", "vary", "in", "else", "if", "then", "for", "and", "or", "not",
            "minimize", "maximize", "edition", "as", "where", "schema", "enum", "true", "false", "null", "find"}
KINDS = {"model", "gpu", "node", "cluster", "runtime", "deployment", "workload", "pipeline", "slo", "scenario", "explore", "emit",
         "test", "engine", "pool", "tier", "group", "transfer", "stage", "layer", "space"}


def tokens_of(text):
    return [Token(m.lastgroup, m.group(), m.start(), m.end()) for m in TOKEN.finditer(text)
            if m.lastgroup not in ("blank", "comment")]


class Source:
    def __init__(self, text):
        self.text = text
        self.tokens = tokens_of(text)

    def put(self, begin, end, replacement):
        return Mutant(self.text[:begin] + replacement + self.text[end:], begin, begin + len(replacement))

    def before(self, i):
        return self.tokens[i - 1] if i > 0 else Token("", "", 0, 0)

    def after(self, i):
        return self.tokens[i + 1] if i + 1 < len(self.tokens) else Token("", "", len(self.text), len(self.text))


OPERATORS = {}


def operator(select):
    """Registers an operator: `select(source, i)` says whether the mistake can be made at token `i`."""
    def register(make):
        def mutants(source, rng):
            for i, token in enumerate(source.tokens):
                if select(source, i, token):
                    made = make(source, i, token, rng)
                    if made:
                        yield made
        OPERATORS[make.__name__] = mutants
        return make
    return register


def always(source, i, t):
    return True


def of_kind(*kinds):
    return lambda source, i, t: t.kind in kinds


def mark(*marks):
    return lambda source, i, t: t.text in marks


def is_name(source, i, t):
    return t.kind == "name" and t.text not in KEYWORDS and t.text not in KINDS


def is_field(source, i, t):
    return is_name(source, i, t) and source.after(i).text in ("=", "{") and source.before(i).text not in KINDS | {"extends", "="}


def is_value(source, i, t):
    return source.before(i).text == "=" and source.after(i).text not in ("(", "{", ".", "[") and t.text not in ("[", "(", "{")


def misspelt(word, rng):
    i = rng.randrange(len(word))
    way = rng.randrange(3)
    other = rng.choice([c for c in "abcdefghijklmnopqrstuvwxyz" if c != word[i].lower()])
    if way == 0 and len(word) > 2:
        return word[:i] + word[i + 1:]
    if way == 1 and i + 1 < len(word) and word[i] != word[i + 1]:
        return word[:i] + word[i + 1] + word[i] + word[i + 2:]
    return word[:i] + other + word[i + 1:]


def respell(source, t, rng):
    spelling = misspelt(t.text, rng)
    return source.put(t.begin, t.end, spelling) if re.fullmatch(r"[A-Za-z_]\w*", spelling) and spelling != t.text else None


# ---- tokens in any order -------------------------------------------------------------------------

@operator(always)
def drop_token(source, i, t, rng):
    return source.put(t.begin, t.end, "")


@operator(always)
def double_token(source, i, t, rng):
    return source.put(t.end, t.end, ("" if t.kind == "mark" else " ") + t.text)


@operator(always)
def swap_neighbours(source, i, t, rng):
    other = source.after(i)
    if not other.text or other.text == t.text:
        return None
    return source.put(t.begin, other.end, other.text + source.text[t.end:other.begin] + t.text)


# ---- brackets and quotes -------------------------------------------------------------------------

@operator(mark("{"))
def drop_opening_brace(source, i, t, rng):
    return source.put(t.begin, t.end, "")


@operator(mark("}"))
def drop_closing_brace(source, i, t, rng):
    return source.put(t.begin, t.end, "")


@operator(mark("(", "["))
def drop_opening_bracket(source, i, t, rng):
    return source.put(t.begin, t.end, "")


@operator(mark(")", "]"))
def drop_closing_bracket(source, i, t, rng):
    return source.put(t.begin, t.end, "")


@operator(mark(")", "]", "}"))
def wrong_closing_bracket(source, i, t, rng):
    return source.put(t.begin, t.end, {")": "]", "]": ")", "}": ")"}[t.text])


@operator(of_kind("text"))
def drop_opening_quote(source, i, t, rng):
    return source.put(t.begin, t.begin + 1, "")


@operator(of_kind("text"))
def drop_closing_quote(source, i, t, rng):
    return source.put(t.end - 1, t.end, "")


# ---- spelling ------------------------------------------------------------------------------------

@operator(lambda s, i, t: is_name(s, i, t) and not is_field(s, i, t))
def misspell_name(source, i, t, rng):
    return respell(source, t, rng)


@operator(is_field)
def misspell_field(source, i, t, rng):
    return respell(source, t, rng)


@operator(lambda s, i, t: t.text in KEYWORDS and len(t.text) > 2)
def misspell_keyword(source, i, t, rng):
    return respell(source, t, rng)


@operator(lambda s, i, t: t.text in KINDS and s.after(i).kind in ("name", "text"))
def misspell_kind(source, i, t, rng):
    return respell(source, t, rng)


@operator(lambda s, i, t: is_name(s, i, t) and t.text.lower() != t.text)
def wrong_case(source, i, t, rng):
    return source.put(t.begin, t.end, t.text.lower())


# ---- values --------------------------------------------------------------------------------------

def split(quantity):
    return re.fullmatch(r"([\d_.]+(?:e[+-]?\d+)?)( ?)(.*)", quantity).groups()


@operator(of_kind("quantity"))
def misspell_unit(source, i, t, rng):
    number, blank, unit = split(t.text)
    return source.put(t.begin + len(number) + len(blank), t.end, unit + rng.choice("bxz"))


@operator(of_kind("quantity"))
def wrong_unit(source, i, t, rng):
    number, blank, unit = split(t.text)
    other = rng.choice([u for u in ("GB", "ms", "tok", "req/s", "W") if u[-1] != unit[-1]])
    return source.put(t.begin + len(number) + len(blank), t.end, other)


@operator(of_kind("quantity"))
def drop_unit(source, i, t, rng):
    number, blank, unit = split(t.text)
    return source.put(t.begin + len(number), t.end, "")


@operator(of_kind("number"))
def add_unit(source, i, t, rng):
    return source.put(t.end, t.end, " GB")


@operator(is_value)
def text_for_value(source, i, t, rng):
    return source.put(t.begin, t.end, '"some text"')


@operator(is_value)
def number_for_value(source, i, t, rng):
    return None if t.kind == "number" else source.put(t.begin, t.end, "7")


@operator(is_value)
def list_for_value(source, i, t, rng):
    return source.put(t.begin, t.end, "[" + t.text + "]")


@operator(lambda s, i, t: is_value(s, i, t) and t.kind in ("number", "quantity"))
def negative_value(source, i, t, rng):
    return source.put(t.begin, t.begin, "-")


# ---- other keyboards and other languages ---------------------------------------------------------

@operator(of_kind("text"))
def smart_quotes(source, i, t, rng):
    return source.put(t.begin, t.end, "\u201c" + t.text[1:-1] + "\u201d")


@operator(of_kind("text"))
def single_quotes(source, i, t, rng):
    return source.put(t.begin, t.end, "'" + t.text[1:-1] + "'")


@operator(lambda s, i, t: s.text[t.end:t.end + 1] == " ")
def no_break_space(source, i, t, rng):
    return source.put(t.end, t.end + 1, "\u00a0")


@operator(lambda s, i, t: re.search(r"\d", t.text) and t.kind != "text")
def full_width_digit(source, i, t, rng):
    at = rng.choice([m.start() for m in re.finditer(r"\d", t.text)])
    return source.put(t.begin + at, t.begin + at + 1, chr(ord(t.text[at]) + 0xFEE0))


@operator(lambda s, i, t: is_name(s, i, t) and re.search("[aeiou]", t.text))
def accent(source, i, t, rng):
    at = re.search("[aeiou]", t.text).start()
    return source.put(t.begin + at, t.begin + at + 1, "áéíóú"["aeiou".index(t.text[at])])


@operator(mark("="))
def colon_for_equals(source, i, t, rng):
    return source.put(t.begin, t.end, ":")


@operator(mark("="))
def double_equals(source, i, t, rng):
    return source.put(t.begin, t.end, "==")


@operator(lambda s, i, t: t.text not in "{[(," and s.text[t.end:t.end + 1] == "\n")
def semicolon_at_line_end(source, i, t, rng):
    return source.put(t.end, t.end, ";")


@operator(lambda s, i, t: s.text[t.end:t.end + 1] == "\n")
def hash_comment(source, i, t, rng):
    return source.put(t.end, t.end, "  # as measured")


@operator(lambda s, i, t: s.text[t.end:t.end + 1] == "\n")
def c_comment(source, i, t, rng):
    return source.put(t.end, t.end, "  /* as measured */")


@operator(lambda s, i, t: t.kind in ("number", "quantity") and re.match(r"\d{4}", t.text))
def thousands_comma(source, i, t, rng):
    digits = re.match(r"\d+", t.text).group()
    return source.put(t.begin, t.begin + len(digits), f"{int(digits):,}")


@operator(mark("true", "false", "null"))
def python_constant(source, i, t, rng):
    return source.put(t.begin, t.end, {"true": "True", "false": "False", "null": "None"}[t.text])


@operator(mark("let"))
def const_for_let(source, i, t, rng):
    return source.put(t.begin, t.end, "const")


@operator(mark("extends"))
def colon_for_extends(source, i, t, rng):
    return source.put(t.begin, t.end, ":")


@operator(mark("import"))
def python_import(source, i, t, rng):
    match = re.compile(r"import ([\w.]+) \{([^}]*)\}").match(source.text, t.begin)
    return match and source.put(t.begin, match.end(), f"from {match[1]} import {', '.join(match[2].replace(',', ' ').split())}")


@operator(mark("import"))
def import_everything(source, i, t, rng):
    match = re.compile(r"(import [\w.]+ )\{[^}]*\}").match(source.text, t.begin)
    return match and source.put(t.begin + len(match[1]), match.end(), "{ * }")


@operator(lambda s, i, t: t.text == "and" and s.text[t.begin - 1] == " ")
def c_and(source, i, t, rng):
    return source.put(t.begin, t.end, "&&")


# ---- answers -------------------------------------------------------------------------------------

def messages_of(afdc, files):
    """The messages of each file. One that points elsewhere belongs to the file that one of its labels points into."""
    run = subprocess.run([afdc, "check", "--format", "json", *files], capture_output=True, text=True, timeout=600)
    if run.returncode not in (0, 1, 2):
        raise SystemExit(f"afdc check: code {run.returncode}\n{run.stderr[:2000]}")
    of = {file: [] for file in files}
    for message in json.loads(run.stdout)["diagnostics"]:
        places = [message["at"]] + [label["at"] for label in message["labels"]]
        mine = [place["file"] for place in places if place.get("file") in of]
        if not mine:
            raise SystemExit(f"a message about none of the files: {message}")
        of[mine[0]].append(message)
    return list(of.values())


def fact(message):
    return message["id"], re.sub(r"\d+", "#", message["message"]) if message["severity"] == "warning" else message["message"]


class Lines:
    def __init__(self, text):
        self.starts = [0] + [m.end() for m in re.finditer("\n", text)]

    def offset(self, line, column):
        return self.starts[min(line, len(self.starts)) - 1] + column - 1


def touches(mutant, message, path):
    lines, text = Lines(mutant.text), mutant.text
    begin = len(text[:mutant.begin].rstrip())
    end = mutant.end + len(text[mutant.end:]) - len(text[mutant.end:].lstrip())
    for at in [message["at"]] + [label["at"] for label in message["labels"]]:
        if at.get("file") != path or at["end_line"] > at["line"] + 1:
            continue
        first, last = lines.offset(at["line"], at["column"]), lines.offset(at["end_line"], at["end_column"])
        if first <= end and last >= begin:
            return True
    return False


def judge(mutant, messages, known, path):
    new = [m for m in messages if fact(m) not in known]
    if not new:
        return "silent", new
    if len(new) > 1:
        return "several", new
    return ("good" if touches(mutant, new[0], path) else "elsewhere"), new


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("afdc")
    parser.add_argument("examples", nargs="?", default=os.path.join(os.path.dirname(__file__), "../../examples"))
    parser.add_argument("--all", action="store_true", help="every mutant, and a list of those answered otherwise")
    parser.add_argument("--each", type=int, default=20, help="mutants an operator in the sample")
    parser.add_argument("--operator", help="this operator only")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--least", type=float, default=0.9)
    parser.add_argument("--list", action="store_true", help="list those answered otherwise")
    o = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="mutations")
    try:
        return run(o, folder)
    finally:
        shutil.rmtree(folder)


def run(o, folder):
    root = os.path.join(folder, "examples")
    shutil.copytree(o.examples, root)
    files = sorted(os.path.join(where, name) for where, _, names in os.walk(root) for name in names if name.endswith(".afd"))
    sources = {path: Source(open(path, encoding="utf-8").read()) for path in files}
    known = {path: {fact(m) for m in messages} for path, messages in zip(files, messages_of(o.afdc, files))}
    picked = []  # operator, path of the original, mutant
    for name, mutants in OPERATORS.items():
        if o.operator and name != o.operator:
            continue
        rng = random.Random(f"{o.seed} {name}")
        made = [(name, path, m) for path in files for m in mutants(sources[path], rng)]
        picked += made if o.all else rng.sample(made, min(o.each, len(made)))
    # Mutants lie beside their originals, for imports of files and data.
    written = []
    for number, (_, path, mutant) in enumerate(picked):
        written.append(os.path.join(os.path.dirname(path), f"mutant_{number}.afd"))
        with open(written[-1], "w", encoding="utf-8") as out:
            out.write(mutant.text)
    chunks = [written[i:i + 20] for i in range(0, len(written), 20)]
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        answers = [m for part in pool.map(lambda chunk: messages_of(o.afdc, chunk), chunks) for m in part]
    table = defaultdict(lambda: defaultdict(int))
    rest = []
    for (name, path, mutant), messages, at in zip(picked, answers, written):
        verdict, new = judge(mutant, messages, known[path], at)
        table[name][verdict] += 1
        if verdict in ("several", "elsewhere"):
            rest.append((name, path, mutant, verdict, new))
    if o.all or o.list:
        show(rest, root)
    print(f"{'operator':26}{'counted':>8}{'good':>7}{'':>7}{'several':>9}{'elsewhere':>10}{'silent':>8}")
    total = defaultdict(int)
    for name, row in table.items():
        print_row(name, row)
        for verdict, n in row.items():
            total[verdict] += n
    share = print_row("all", total)
    print(f"{len(table)} operators")
    return 0 if share >= o.least else 1


def print_row(name, row):
    counted = row["good"] + row["several"] + row["elsewhere"]
    share = row["good"] / counted if counted else 1
    print(f"{name:26}{counted:8}{row['good']:7}{share:7.0%}{row['several']:9}{row['elsewhere']:10}{row['silent']:8}")
    return share


def show(rest, root):
    for name, path, mutant, verdict, new in rest:
        line = mutant.text.count("\n", 0, mutant.begin) + 1
        shown = mutant.text.split("\n")[line - 1].strip()
        print(f"{name}: {verdict}: {os.path.relpath(path, root)}:{line}: {shown[:110]}")
        for m in new[:4]:
            print(f"      {m['id']} {m['at'].get('line')}:{m['at'].get('column')} {m['message'][:120]}")


if __name__ == "__main__":
    sys.exit(main())
