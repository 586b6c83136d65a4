#!/usr/bin/env python3
"""Files that are large, or small and grow while they are evaluated: each is answered with an exit code and few words, in
two seconds of processor time and 300 MB. Arguments: AFDC [CASE…]."""
import os
import resource
import subprocess
import sys
import tempfile

SECONDS, MEGABYTES, LETTERS = 2.0, 300, 60_000
HEAD = "edition 1\n"
GPU = HEAD + "import std.hw.nvidia { H100_SXM }\n"
MODEL = HEAD + "import std.models.llama { Llama31_70B }\n"


def lines(n, text):
    return "".join(text(i) for i in range(n))


CASES = {
    # lists, records and functions that double
    "shared_lists": HEAD + "let a0 = [1, 1]\n" + lines(60, lambda i: f"let a{i+1} = [a{i}, a{i}]\n"),
    "shared_lists_compared": HEAD + "let a0 = [1]\nlet b0 = [1]\n" + lines(60, lambda i: f"let a{i+1} = [a{i}, a{i}]\nlet b{i+1} = [b{i}, b{i}]\n") + "let same = a60 == b60\n",
    "shared_lists_conforming": HEAD + "schema S { x : " + "[" * 40 + "Int" + "]" * 40 + " }\nlet a0 = [1, 1]\n" + lines(39, lambda i: f"let a{i+1} = [a{i}, a{i}]\n") + "let s = S { x = a39 }\n",
    "repeated_lists": HEAD + "let a = 60000 * [60000 * [60000 * [1]]]\nlet b = a == a\n",
    "doubled_lists": HEAD + "let a0 = [1, 1]\n" + lines(60, lambda i: f"let a{i+1} = a{i} + a{i}\n"),
    "nested_comprehensions": HEAD + "let a = [[[ i + j + k for k in 0..1000] for j in 0..1000] for i in 0..1000]\n",
    "membership": HEAD + "let a = [i for i in 0..60000]\nlet b = [i in a for i in a]\n",
    "sums": HEAD + "let a = [i for i in 0..60000]\nlet b = [sum(a) for i in a]\n",
    "equalities": HEAD + "let a = [i for i in 0..60000]\n" + lines(200, lambda i: f"let b{i} = a == [i for i in 0..60000]\n"),
    "amendment_chain": GPU + "let g0 = H100_SXM\n" + lines(1000, lambda i: f"let g{i+1} = g{i} {{ hbm.capacity = 80 GB }}\n"),
    "amendments_in_a_row": GPU + "let g = H100_SXM" + " { hbm.capacity = 80 GB }" * 20_000 + "\n",
    "amended_members": GPU + "let g = H100_SXM { " + ", ".join(["hbm.capacity = 80 GB"] * 30_000) + " }\n",
    "records": GPU + "let a = [H100_SXM { hbm.capacity = 80 GB } for i in 0..60000]\n",
    "models": MODEL + lines(5000, lambda i: f"model M{i} extends Llama31_70B {{ }}\n"),
    "locals": GPU + "let g = H100_SXM { " + ", ".join(f"let x{i} = {i if i == 0 else f'x{i-1}'}" for i in range(30_000)) + " }\n",
    "functions": HEAD + "fn f0(x : Int) : Int = x\n" + lines(59, lambda i: f"fn f{i+1}(x : Int) : Int = f{i}(f{i}(x))\n") + "let a = f59(1)\n",
    "values_in_a_chain": HEAD + lines(20_000, lambda i: f"let a{i} = a{i+1} + 1\n") + "let a20000 = 1\n",
    "copied_texts": HEAD + 'let a = "' + "x" * 60_000 + '"\n' + lines(20_000, lambda i: f"let b{i} = a\n"),
    # many mistakes
    "unknown_names": HEAD + lines(5000, lambda i: f"let aaaaaaaaaaaaaaaa{i} = aaaaaaaaaaaaaaab{i}\n"),
    "unknown_operands": HEAD + lines(28_000, lambda i: f"let a{i} = x{i} - y{i}\n"),
    "unknown_types": HEAD + lines(20_000, lambda i: f"schema S{i} {{ a : Ttttttttttttt{i} }}\n"),
    "unknown_fields": MODEL + "model M extends Llama31_70B {\n" + lines(20_000, lambda i: f"  zzzzzzzzzz{i} = 1\n") + "}\n",
    "unknown_modules": HEAD + lines(20_000, lambda i: f"import std.hwwwww{i} {{ H }}\n"),
    "unknown_exports": HEAD + lines(20_000, lambda i: f"import std.hw.nvidia {{ H{i} }}\n"),
    "unknown_kinds": HEAD + lines(20_000, lambda i: f"modell M{i} {{ a = 1 }}\n"),
    "unknown_member": HEAD + "enum E { " + ", ".join(f"m{i}" for i in range(95_000)) + " }\nschema S { a : E }\nlet x = S { a = nn }\n",
    "stray_characters": HEAD + lines(49_000, lambda i: f"let a{i} = @\n"),
    "declared_again": HEAD + "let a = 1\n" * 49_000,
    "open_texts": HEAD + '"\n' * 190_000,
    "long_name": HEAD + "let " + "a" * 1_000_000 + " = 1\nlet b = " + "a" * 999_999 + "b\n",
    "long_text": HEAD + 'let a = "' + "x" * 10_000_000 + "\n",
    # long expressions and deep nests
    "list": HEAD + "let a = [" + ",".join(["1"] * 2_000_000) + "]\n",
    "arguments": HEAD + "let a = min(" + "1," * 95_000 + "1)\n",
    "sum_of_ones": HEAD + "let a = " + "1+" * 1_000_000 + "1\n",
    "members": HEAD + "let a = b" + ".b" * 95_000 + "\n",
    "dots": HEAD + "let a = 1 " + ". " * 190_000 + "\n",
    "calls": HEAD + "let a = f" + "()" * 65_000 + "\n",
    "indices": HEAD + "let a = [1]" + "[0]" * 65_000 + "\n",
    "minus_signs": HEAD + "let a = " + "-" * 190_000 + "1\n",
    "open_braces": HEAD + "model M { " * 65_000,
    "open_parentheses": HEAD + "let a = " + "(" * 1_000_000,
    "closing_braces": HEAD + "}" * 190_000,
    "commas": HEAD + "let a = [" + "," * 190_000 + "]\n",
    "comments": HEAD + "//x\n" * 3_000_000,
    "declarations": HEAD + lines(49_000, lambda i: f"let a{i} = {i}\n"),
    "parameters": HEAD + "fn f(" + ",".join(f"x{i} : Int" for i in range(45_000)) + ") : Int = x0\n",
    "wide_schema": HEAD + "schema S {\n" + lines(39_000, lambda i: f"f{i} : Int = {i}\n") + "}\nlet x = S { }\nlet y = x { f3 = 2 }\n",
    "schema_chain": HEAD + "schema S0 { a : Int = 1 }\n" + lines(2000, lambda i: f"schema S{i+1} extends S{i} {{ b{i} : Int = 1 }}\n"),
    "circle": HEAD + lines(3000, lambda i: f"let a{i} = a{(i+1) % 3000}\n"),
    # numbers
    "digits": HEAD + "let a = " + "9" * 60_000 + "\n",
    "powers": HEAD + "let a = 3 ^ 100000000\nlet b = 1.5 ^ 64 ^ 64\n",
}


def ask(afdc, path):
    """Exit code, output, seconds of processor time and megabytes of one check."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
    process = subprocess.Popen([afdc, "check", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=limit)
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    return os.waitstatus_to_exitcode(status), output, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    afdc = sys.argv[1]
    # Sanitizers take several times as much of both.
    slow = 20 if subprocess.run(["grep", "-q", "__sanitizer", afdc]).returncode == 0 else 1
    chosen = sys.argv[2:] or CASES
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            path = os.path.join(folder, name + ".afd")
            with open(path, "w") as out:
                out.write(CASES[name])
            code, output, seconds, megabytes = ask(afdc, path)
            wrong = [what for what, bad in [
                (f"exit code {code}", code not in (0, 1)), (f"{seconds:.1f} s", seconds > SECONDS * slow),
                (f"{megabytes:.0f} MB", slow == 1 and megabytes > MEGABYTES), (f"{len(output)} letters", len(output) > LETTERS)] if bad]
            failures += bool(wrong)
            if wrong or sys.argv[2:]:
                print(f"{name}: {', '.join(wrong) or 'ok'} ({seconds:.2f} s, {megabytes:.0f} MB, {len(output)} letters)")
            os.remove(path)
    print(f"large inputs: {len(chosen)} tried, {failures} failures")
    sys.exit(1 if failures else 0)


main()
