"""Nothing that a scenario says leaves its place: every text of every kind of scenario is made hostile, and what is written
for every target is parsed by other readers and executed with stubs of the programs that it starts. A canary must not
appear, and the text must arrive as it was.

Called with the compiler and promtool.
"""
import ast
import concurrent.futures
import csv
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import yaml
except ImportError:
    print("skipped: no python3-yaml")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from common import HEAD  # noqa: E402

AFDC = sys.argv[1]
PROMTOOL = shutil.which("promtool") or str(pathlib.Path(sys.argv[2]).resolve())
ROOT = pathlib.Path(__file__).resolve().parents[2]

# What may go wrong in a format, each by itself and all at once.
PIECES = [
    "it's \"quoted\" `and` more", "$(touch CANARY)", "`touch CANARY`", "'; touch CANARY; '", "\"; touch CANARY; \"",
    "a\ntouch CANARY\nb", "a\r\nb\rc", "x\nEND\ntouch CANARY\n", "$NODE_0 $(touch CANARY)", "$(POD_IP) $$ ${HOME} %s %n",
    "*/ --> ]]> #}", "</script><script>window.__canary = 1</script>", "<img src=x onerror='window.__canary = 1'>",
    "<!-- <script>", "${{ github.token }}", "{{ printf \"INJECTED\" }}", "key: value", "- item", "# comment", "a | b || c",
    "\\", "\\\" \\n \\u0041", "=cmd|' /C calc'!A0", "[link](javascript:alert(1)) **bold** _it_", "@import, &amp; &#65;",
    "\x1b[31mred\x1b[0m \x07\x08\x7f", "\u202eoverride\u2066\u200f", "a\u2028b\u2029c\u0085d\ufeffe", "\x9b31m", "~", "null",
    "0x1F", "../../CANARY", "x/../../CANARY", ".hidden", " space ", "tab\there", "\U0001f600 \u4f60\u597d"]
EVERYTHING = " ".join(PIECES)
SCRIPT, FORMULA = (next(p for p in PIECES if p.startswith(begin)) for begin in ("</script>", "="))
# No format but JSON, YAML and shell words has these as they are; what people read has them spelled out.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

# Texts of the library's schemas that no scenario carries: what engines and those who measure them are known by.
NOT_OF_SCENARIOS = {"harnesses.afd"}
# Where each text of a scenario is put below; `kernels`, `tables`, `path` and `pool` name things that have to be there.
PLACED = {"checkpoints", "model", "names", "chip", "since", "pool", "kernels", "tables", "path", "measured_on"}


def literal(text):
    """The text as the language has it: `\\n`, `\\t`, and any other character by a backslash before it."""
    return '"' + re.sub(r'[\\"\r]', lambda m: "\\" + m[0], text).replace("\n", "\\n").replace("\t", "\\t") + '"'


def scenario(text, kind, label=None, checkpoint=None):
    """A scenario of a kind in which everything that may be a text is this one."""
    t, name = literal(text), literal(label or text)
    model, machine = {"afd": ("DeepSeekV3", "H200x8"), "known": ("Llama2_70B", "H100x8")}.get(kind, ("Llama31_8B", "H200x8"))
    named = literal(checkpoint if checkpoint is not None else text)
    checkpoints = f"checkpoints = [{named}]" if kind != "known" else ""  # some targets know models by their checkpoints
    runtime = f"vLLM {{ names = [\"vLLM\", {t}], since = {t} }}"
    if kind.startswith("trtllm"):
        runtime = f"TensorRT_LLM {{ names = [\"TensorRT-LLM\", {t}] }}"
    if kind == "sglang":
        runtime = f"SGLang {{ names = [\"SGLang\", {t}] }}"
    pool = f"pool = {t}"
    parallel = "parallel { dp = 8, ep = 8 }" if kind == "afd" else "parallel { tp = 8 }" if kind == "known" else "parallel { tp = 2 }"
    rest = f"runtime = R, {pool}, require replicas < 99 else {t}"
    if kind == "afd":
        engines = (f"engine prefill {{ {rest}\n {parallel} }}\n engine decode extends AttentionFfn {{ runtime = R\n"
                   f" group attention {{ {pool}, devices = 16, parallel {{ dp = 16 }} }}\n"
                   f" group ffn {{ {pool}, devices = 8, parallel {{ ep = 8 }} }}\n microbatches = 2 }}\n"
                   f" transfer {name} {{ from = prefill, to = decode }}")
    elif kind in ("pd", "trtllm_pd"):
        engines = (f"engine prefill {{ {rest}\n {parallel} }}\n engine decode {{ {rest}\n {parallel} }}\n"
                   f" transfer {name} {{ from = prefill, to = decode }}")
    else:
        engines = f"engine {name} {{ {rest}\n {parallel} }}"
    base = "Disaggregated" if kind in ("afd", "pd", "trtllm_pd") else "Aggregated"
    return HEAD + f"""
import std.pipeline {{ Pipeline, Rerank, Generate }}
model M = {model} {{ {checkpoints} }}
gpu G = {machine}.gpu {{ chip = {t}, names = {machine}.gpu.names + [{t}] }}
node N = {machine} {{ gpu = G }}
cluster C extends Cluster {{ pool {t} {{ node = N, count = 6 }}
 tier {literal("tier " + text)} {{ domain = 48, bandwidth = 400 Gbps, latency = 3 us }} }}
runtime R = {runtime}
deployment D extends {base} {{ model = M, cluster = C
 {engines} }}
pipeline Stages extends Pipeline {{ stage {t} {{ run = Rerank {{ model = {t} }} }}
 stage answer {{ run = Generate {{ deployment = D }} }} }}
slo P {{ expect p99(ttft) < 2.5 s else {t}
 expect mean(tpot) < 500 ms else {t}
 expect throughput > 1 tok/s else {t} }}
scenario {name} {{ workload = Chat {{ arrivals = closed(64 req) }}, deployment = D, slo = P, pipeline = Stages }}
"""


WORK = tempfile.TemporaryDirectory(prefix="afdc-injection-")
STUBS = pathlib.Path(WORK.name) / "stubs"


def makeStubs():
    """Programs that record their words, NUL between them, in a file of their own."""
    STUBS.mkdir()
    for program in ("vllm", "python", "python3", "trtllm-serve", "blis", "simulator"):
        stub = STUBS / program
        stub.write_text('#!/bin/sh\nprintf "%s\\0" "${0##*/}" "$@" > "$RECORD/$$.${0##*/}"\n')
        stub.chmod(0o755)


def executed(command, folder, **environment):
    """The words of all programs that a command starts."""
    record = folder / "recorded"
    shutil.rmtree(record, ignore_errors=True)
    record.mkdir()
    (folder / "configs" / "model").mkdir(parents=True, exist_ok=True)  # checkouts of simulators have these
    (folder / "configs" / "cluster").mkdir(parents=True, exist_ok=True)
    (folder / "traces").mkdir(exist_ok=True)
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=20, env={
        "PATH": f"{STUBS}:/usr/bin:/bin", "RECORD": str(record), "POD_IP": "10.0.0.1", "SIM": str(folder), "VIDUR": str(folder),
        "ASTRA_SIM": "simulator", "SIMAI": "simulator", **environment})
    calls = [file.read_bytes().decode().split("\0")[:-1] for file in sorted(record.iterdir())]
    shutil.rmtree(record)
    return ran, calls


def untouched(folder):
    assert not any("CANARY" == p.name for p in pathlib.Path(folder).rglob("*")), f"the canary was touched: {folder}"


def texts(value):
    """All texts of a parsed document, keys and values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(key)
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def inContainer(text, variables):
    """What Kubernetes makes of a text of a container: `$$` is `$`, `$(NAME)` a variable that there is."""
    return re.sub(r"\$\$|\$\(([^)]*)\)", lambda m: "$" if m[0] == "$$" else variables.get(m[1], m[0]), text)


class Checked:
    """One emission, looked at file by file. `found`: the places where the checkpoint arrived."""

    def __init__(self, folder, checkpoint):
        self.folder, self.checkpoint, self.found, self.scripts = folder, checkpoint, 0, []

    def run(self):
        for path in sorted(p for p in self.folder.rglob("*") if p.is_file() and not p.is_symlink()):
            name = str(path.relative_to(self.folder))
            assert re.fullmatch(r"[^\x00-\x1f\x7f'\"$`\\|;&<>*?]+", name) and "CANARY" != path.name, f"file {name!r}"
            check = getattr(self, "check_" + path.suffix[1:], None)
            if path.suffix == ".et":
                continue
            content = path.read_bytes().decode()
            if path.suffix not in (".sh", ".csv"):
                assert not OBEYED.search(content), f"{name}: {OBEYED.search(content)} {content[:2000]!r}"
            assert check, f"{name}: no reader"
            try:
                check(path, content)
            except Exception as problem:
                raise AssertionError(f"{path}: {problem}\n{content[:3000]}") from problem
        untouched(self.folder)
        return self

    def see(self, words):
        self.found += sum(self.checkpoint in (w, "hf://" + w, w.split("=", 1)[-1]) for w in words)

    def check_sh(self, path, content):
        self.scripts.append(path)
        ran, calls = executed(["sh", "./" + path.name], path.parent)
        assert ran.returncode == 0 and calls, f"{ran.stderr}"
        for call in calls:
            self.see(call)

    def check_yaml(self, path, content):
        documents = list(yaml.safe_load_all(content))
        self.see(texts(documents))
        for container in self.containers(documents):
            variables = {"POD_IP": "10.0.0.1"}
            words = [inContainer(w, variables) for w in container.get("command", []) + container.get("args", [])]
            for entry in container.get("env", []):
                if entry["name"] == "VLLM_ADDITIONAL_ARGS":  # its chart gives it to a shell
                    words = ["sh", "-c", "exec vllm serve " + inContainer(entry["value"], variables)]
            if not words:
                continue
            parts = re.findall(r"^(\d+)\)$", words[-1], re.MULTILINE) if words[0] == "sh" else []
            for index in parts or ["0"]:
                ran, calls = executed(words, path.parent, LWS_WORKER_INDEX=index, LWS_LEADER_ADDRESS="leader")
                assert ran.returncode == 0 and len(calls) == 1, f"{words}\n{ran.stderr}"
                self.see(calls[0])

    check_yml = check_yaml

    def containers(self, value):
        if isinstance(value, dict):
            yield from value.get("containers", [])
            for inner in value.values():
                yield from self.containers(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from self.containers(inner)

    def check_json(self, path, content):
        if path.name != "manifest.json":
            self.see(texts(json.loads(content)))

    def check_jsonl(self, path, content):
        for line in content.split("\n")[:-1]:
            json.loads(line)

    def check_csv(self, path, content):
        rows = list(csv.reader(io.StringIO(content, newline="")))
        assert len({len(row) for row in rows}) == 1, f"{rows[:3]}"
        for row in rows[1:]:
            self.see(row)

    def check_env(self, path, content):
        assert all(re.fullmatch(r"#.*|export NODE_\d+=node-\d+|", line) for line in content.split("\n"))

    def check_py(self, path, content):
        ast.parse(content)

    def check_txt(self, path, content):
        if content.startswith("HYBRID"):
            lines = content.split("\n")
            assert int(lines[1]) == len(lines) - 3 and all(len(line.split("\t")) == 12 for line in lines[2:-1])


def run(*words, code=(0,)):
    done = subprocess.run([AFDC, *map(str, words)], capture_output=True)
    out, err = done.stdout.decode(), done.stderr.decode()
    assert done.returncode in code, f"{words}: {done.returncode}\n{err}"
    assert not OBEYED.search(err), f"{words}: {OBEYED.search(err)} {err!r}"
    return out, err


def emitted(number, target, kind, text, **options):
    """A target's files from a scenario, checked; None where the target says that it cannot."""
    folder = pathlib.Path(WORK.name) / f"{number}"
    folder.mkdir()
    source = folder / "s.afd"
    source.write_text(scenario(text, kind, **options), newline="")
    out, err = run("emit", target, source, "-o", folder / "out", "--lossy", "--requests", "20", code=(0, 1))
    if not (folder / "out").exists():
        assert "error[AFD" in err, err
        return target, None
    assert sorted(p.name for p in folder.iterdir()) == ["out", "s.afd"], f"{target}: files beside its folder"
    checkpoint = options.get("checkpoint", text)
    return target, Checked(folder / "out", checkpoint if kind != "known" else "meta-llama/Llama-2-70b-hf").run()


KINDS = ("aggregated", "pd", "afd", "known", "sglang", "trtllm", "trtllm_pd")


def targets():
    return [line.split()[0] for line in run("emit", "--list-targets")[0].splitlines()]


def schemasAreCovered():
    """Every text of the library's schemas has its place in the scenarios above."""
    for path in (ROOT / "stdlib" / "std").glob("*.afd"):
        if path.name in NOT_OF_SCENARIOS:
            continue
        for field in re.findall(r"(\w+)\??\s*:\s*\[?Text\b", path.read_text()):
            assert field in PLACED, f"{path.name}: `{field}` is a text that no hostile scenario says"


def emissions():
    jobs = [(target, kind, EVERYTHING, {}) for target in targets() for kind in KINDS[:4]]
    jobs += [(target, kind, EVERYTHING, {}) for kind in KINDS[4:] for target in ("sglang", "trtllm", "leaderworkerset", "dynamo")]
    # Each by itself, where nothing else hides it; a target and a kind for each in turn.
    runnable = ["vllm", "kserve", "dynamo", "leaderworkerset", "vllm_bench", "blis", "aiconfigurator", "genz", "prometheus", "trtllm"]
    jobs += [(runnable[i % len(runnable)], KINDS[i // len(runnable) % 2], piece, {}) for i, piece in enumerate(PIECES)]
    with concurrent.futures.ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
        futures = [pool.submit(emitted, i, target, kind, text, **options) for i, (target, kind, text, options) in enumerate(jobs)]
        done = [f.result() for f in futures]
    written = {}
    for target, checked in done:
        if checked:
            written.setdefault(target, []).append(checked)
    missing = set(targets()) - set(written)
    assert not missing, f"no hostile scenario reaches {missing}"
    # Targets whose files name the checkpoint have it to the character.
    for target in ("vllm", "sglang", "trtllm", "vllm_bench", "blis", "kserve", "dynamo", "leaderworkerset", "disaggregatedset",
                   "aiconfigurator", "genz", "prometheus"):
        for checked in written.get(target, []):
            assert checked.found, f"{target}: the checkpoint {checked.checkpoint!r} did not arrive: {checked.folder}"
    return [c for all in written.values() for c in all]


def namesOfFiles():
    """Names and checkpoints that would leave the folder, and those that a program would take for an option."""
    for i, name in enumerate(("../../CANARY", "-rf", "..", "/etc/CANARY", "a\nb", "x" * 300)):
        for target in ("trtllm", "astra_sim", "simai", "leaderworkerset"):
            emitted(f"name-{i}-{target}", target, "trtllm", name, checkpoint="owner/model")
    # A value of an option is joined to it; what stands by itself is refused.
    _, joined = emitted("joined", "vllm_bench", "aggregated", "text", checkpoint="--trust-remote-code")
    assert "--model=--trust-remote-code" in joined.scripts[0].read_text() and joined.found
    (pathlib.Path(WORK.name) / "nul.afd").write_text("edition 1\nlet a = \"b\0c\"\n")
    assert "NUL" in run("check", pathlib.Path(WORK.name) / "nul.afd", code=(1, 2))[1]
    for target in ("vllm", "trtllm", "leaderworkerset", "kserve", "dynamo"):
        folder = pathlib.Path(WORK.name) / f"option-{target}"
        folder.mkdir()
        (folder / "s.afd").write_text(scenario("text", "aggregated", checkpoint="--trust-remote-code"))
        _, err = run("emit", target, folder / "s.afd", "-o", folder / "out", "--lossy", code=(1,))
        assert "would read an option" in err, err


def shellcheck(checked):
    if not shutil.which("shellcheck"):
        print("skipped: no shellcheck")
        return
    scripts = [str(path) for c in checked for path in c.scripts]
    assert len(scripts) > 20
    said = subprocess.run(["shellcheck", "--severity=warning", "--format=gcc", *scripts], capture_output=True, text=True)
    assert said.returncode == 0, said.stdout[:4000]
    print(f"ok shellcheck: {len(scripts)} scripts")


def promtool(checked):
    if not pathlib.Path(PROMTOOL).exists():
        print("skipped: no promtool")
        return
    rules = [c.folder for c in checked if (c.folder / "rules.yml").exists()]
    assert len(rules) >= 3
    for folder in rules:
        for words in (["check", "rules", "rules.yml"], ["test", "rules", "rules_test.yml"]):
            said = subprocess.run([PROMTOOL, *words], cwd=folder, capture_output=True, text=True)
            assert said.returncode == 0, f"{folder}: {said.stdout} {said.stderr}"
    print(f"ok promtool: {len(rules)} rule files")


def search(text):
    """Two searches with hostile names, spaces and reasons."""
    t = literal(text)
    return scenario(text, "aggregated", label="s") .replace('engine "s"', "engine main").replace('scenario "s"', "scenario s") + f"""
import std.scenario {{ Explore }}
explore {t} {{ base = s
 space {t} {{ deployment = D
  require deployment.main.parallel.tp < 4 else {t}
  vary deployment.main.parallel.tp in [1, 2, 4]
  vary deployment.main.batching in [ChunkedPrefill {{ max_seqs = 64 }}, ChunkedPrefill {{ max_seqs = 128 }}] }}
 space other {{ vary deployment.main.parallel.tp in [1, 2] }}
 maximize throughput_per_gpu
 minimize mean(tpot) }}
explore second {{ base = s
 vary deployment.main.replicas in [1, 2]
 expect mean(ttft) < 1 us else {t}
 maximize throughput }}
"""


def cells(line):
    """Cells of a line of a Markdown table; a `|` behind a backslash is text."""
    return len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) - 1


def reports(number, text):
    folder = pathlib.Path(WORK.name) / f"report-{number}"
    folder.mkdir()
    source, page = folder / "s.afd", folder / "page.html"
    source.write_text(search(text), newline="")
    for words in (["eval", source, "s"], ["explain", source, "s.deployment.main"]):
        out, _ = run(*words, code=(0, 1))
        assert not OBEYED.search(out), f"{words}: {OBEYED.search(out)}"
    report, _ = run("explore", source, "--html", page, "--csv", folder / "points.csv", "--write", folder / "best.afd", code=(0, 1))
    assert not OBEYED.search(report), f"explore: {OBEYED.search(report)}"
    table = run("explore", source, "--format", "markdown", code=(0, 1))[0]
    assert not OBEYED.search(table)
    width = None
    for line in table.split("\n"):
        assert not re.search(r"<(?!/?details>|/?summary>)", line), f"a tag in Markdown: {line!r}"
        if not line.startswith("|"):
            width = None
            continue
        width = width or cells(line)
        assert cells(line) == width, f"{cells(line)} cells, not {width}: {line!r}"
    found = json.loads(run("explore", source, "--format", "json", code=(0, 1))[0])
    assert found["searches"][0]["name"] == text and found["searches"][0]["spaces"][0]["name"] == text
    rows = list(csv.reader(io.StringIO((folder / "points.csv").read_bytes().decode(), newline="")))
    shown = text if text[:1] not in ("=", "+", "-", "@", "\t", "\r") else "'" + text
    assert {row[0] for row in rows[1:]} == {shown, "second"} and len({len(row) for row in rows}) == 1
    # The best point as a file says the same texts.
    best, again = (run("ir", "--after=resolve", f, *name)[0] for f, name in ((folder / "best.afd", ()), (source, ("s",))))
    assert not OBEYED.search(best)
    said = [re.search(r'"checkpoints" : list.*\n +"item" : text (".*")', ir)[1] for ir in (best, again)]
    assert said[0] == said[1], said
    return page, text


def browser(pages):
    """Pages in Chromium: no script of a text runs, no element of it appears, the text is read as text."""
    try:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
    except ImportError:
        print("skipped: no python3-selenium")
        return
    if not (pathlib.Path("/usr/bin/chromium").exists() and pathlib.Path("/usr/bin/chromedriver").exists()):
        print("skipped: no chromium")
        return
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    try:
        plain = None
        for page, text in pages:
            driver.get(page.as_uri())
            errors = [e["message"] for e in driver.get_log("browser") if e["level"] == "SEVERE"]
            assert not errors, f"{text!r}: {errors}"
            counts = driver.execute_script(
                "return [window.__canary === undefined,"
                " document.querySelectorAll('img, iframe, a:not([href^=\"#search-\"]), b:empty').length,"
                " document.querySelectorAll('script').length, document.querySelectorAll('*').length,"
                " document.querySelectorAll('tr[data-point] button').length > 0]")
            assert counts[0] and counts[1] == 0 and counts[4], f"{text!r}: {counts}"
            made = {"scripts": counts[2], "elements": counts[3]}
            plain = plain or made
            assert made == plain, f"{text!r}: {made} where a plain name has {plain}"
            body = driver.execute_script("return document.body.textContent")
            visible = re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]", "", text)
            if visible == text and "\n" not in text:
                assert text in body, f"{text!r} is not to be read"
    finally:
        driver.quit()
    print(f"ok Chromium: {len(pages)} pages")


def main():
    schemasAreCovered()
    makeStubs()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        pages = [pool.submit(reports, i, text) for i, text in
                 enumerate(["plain", EVERYTHING, SCRIPT, FORMULA])]
        checked = emissions()
        pages = [p.result() for p in pages]
    untouched(WORK.name)
    namesOfFiles()
    shellcheck(checked)
    promtool(checked)
    browser(pages)
    print(f"ok {len(checked)} emissions of {len(set(targets()))} targets")


main()
