#!/usr/bin/env python3
"""No product has its name in C++ outside the backends: engines, devices, models and those who measure are data of the
library. Looked at are string literals, for what hangs on a name is compared with one; comments may name what they speak
of. The driver may name products in its examples and explanations, which are whole phrases."""
import re
import sys

import house

ROOMS = ["driver", "fidelity", "frontend", "ir", "passes", "results", "session", "support"]
NAMES = re.compile(
    r"vllm|sglang|tensorrt|trtllm|mindie|llama|deepspeed|inferencex|inferencemax|gpustack|argonne|dynamo|modelopt|"
    r"cutlass|deepseek|qwen|moonshot|minimax|nvidia|intel|\b(?:[AHBL]|GB|GH|MI|L)\d{2,3}[A-Z]?\b", re.IGNORECASE)
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
# Where a name is a word of another tool's files, or a text for people.
ALLOWED = {
    ("fidelity/genz.cpp", "deepseek"),  # GenZ's name of one of its FFNs
    ("fidelity/genz.cpp", "llama2_7b_prefill"),  # its files of golden values
    ("fidelity/genz.cpp", "llama2_7b_decode"),
    ("fidelity/fidelity.cpp", "operator queries and estimates of NVIDIA's aiconfigurator (tables by --kernels)"),
}


def literals(text):
    """String literals of C++ with the lines they stand on; comments are left out."""
    for number, line in enumerate(text.splitlines(), 1):
        bare = re.sub(r'"(?:[^"\\]|\\.)*"|//.*', lambda m: "" if m[0].startswith("//") else m[0], line)
        if bare.lstrip().startswith("#include"):
            continue
        for match in LITERAL.finditer(bare):
            yield number, match[1]


def named(files):
    for path, text in files:
        for number, literal in literals(text):
            phrase = path.startswith("driver/") and " " in literal
            if NAMES.search(literal) and not phrase and (path, literal) not in ALLOWED:
                yield f'{path}:{number}: "{literal}" names a product: say it in the standard library'


MUST_SEE = [("fidelity/predict.cpp", 'if (runtime.starts_with("vLLM") && small) l.tokens = 2048;'),
            ("passes/cost/role.cpp", 'bool small = has(name, "A100");  // a small one'),
            ("driver/plan.h", 'std::string runtime = "SGLang";')]

if __name__ == "__main__":
    # Messages have examples in the language beside them.
    sys.exit(house.look(sys.argv[1], ROOMS, named, MUST_SEE, "names", leave_out={"diagnostics.def"}))
