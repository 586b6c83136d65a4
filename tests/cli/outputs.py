#!/usr/bin/env python3
"""Nothing of the user's is lost: every command that writes files, in every situation in which writing can go wrong. What
was there stays whole until something whole takes its place, nothing is left lying about, the answer is printed, and the
message names the file. Usage: outputs.py AFDC"""
import concurrent.futures
import errno
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback

AFDC = os.path.abspath(sys.argv[1])
HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples"
ROOT = os.geteuid() == 0
NOBODY = 65534

SEARCH = """edition 1
import std.hw { Cluster }
import std.hw.nvidia { H100x8 }
import std.models.llama { Llama31_8B }
import std.serving { Aggregated }
import std.workload { closed }
import std.workloads.common { Chat }
cluster C extends Cluster { pool a { node = H100x8, count = 1 } }
deployment D extends Aggregated { model = Llama31_8B, cluster = C, engine main { parallel { tp = 1 } } }
slo S { expect mean(tpot) < 100 ms }
scenario s { workload = Chat { arrivals = closed(64 req) }, deployment = D, slo = S }
explore e {
  base = s
  vary deployment.main.parallel.tp in [1, 2]
  expect slo.satisfied
  maximize throughput_per_gpu
}
"""
LONG = SEARCH.replace("vary deployment.main.parallel.tp in [1, 2]", """vary deployment.main.parallel.tp in [1, 2, 4, 8]
  vary deployment.main.replicas in [1, 2, 4]
  vary deployment.main.kv_cache.fraction in [0.5 + i / 10000 for i in 1..=1000]
  vary workload.arrivals in [closed(i * 1 req) for i in 1..=1000]""")

failures, done = [], 0


def expect(name, truth, what):
    if not truth:
        failures.append(f"{name}: {what}")


def run(*words, cwd, env=None, under=(), **more):
    return subprocess.run([*under, AFDC, *map(str, words)], cwd=cwd, capture_output=True, timeout=60,
                          env=dict(os.environ, **(env or {})), **more)


def text_of(path):
    return path.read_bytes() if path.is_file() else b""


class Scene:
    """A folder with a search, notes that a person wrote, and what a command did in it."""

    def __init__(self, name):
        global done
        done += 1
        self.name = name
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=SCRATCH))
        self.folder.chmod(0o755)
        self.input = self.write("e.afd", SEARCH)
        self.notes = self.write("notes.txt", "what I thought\n")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.expect(self.input.read_text() == SEARCH, "the input is not what it was")
            self.expect(self.notes.read_text() == "what I thought\n", "the notes are not what they were")
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def expect(self, truth, what):
        expect(self.name, truth, what)

    def run(self, *words, **more):
        self.ran = run(*words, cwd=self.folder, **more)
        return self.ran

    def left_aside(self):
        return [p for p in self.folder.rglob("*") if p.name.startswith(".afdc-")]

    def failed(self, path, answer):
        """It says that it could not write the file, shows the answer, and leaves nothing behind."""
        err = self.ran.stderr.decode()
        self.expect(self.ran.returncode == 2, f"exit code {self.ran.returncode}: {err}")
        self.expect(self.ran.stdout == answer, f"another answer: {self.ran.stdout[:200]} {err}")
        self.expect(str(path) in err, f"the message does not name {path}: {err}")
        self.expect(not self.left_aside(), f"left behind: {self.left_aside()}")

    def succeeded(self, answer):
        self.expect(self.ran.returncode == 0, f"exit code {self.ran.returncode}: {self.ran.stderr.decode()}")
        self.expect(self.ran.stdout == answer, f"another answer: {self.ran.stdout[:200]}")
        self.expect(not self.left_aside(), f"left behind: {self.left_aside()}")


class Writer:
    """A command with an option that names a file."""

    def __init__(self, words, option, file):
        self.words, self.option, self.file = words, option, file
        self.name = f"{words[0]} {option}"
        with Scene(f"{self.name}, as it should be") as scene:
            scene.run(*words)
            self.answer = scene.ran.stdout
            scene.run(*words, option, file)
            scene.succeeded(self.answer)
            self.content = text_of(scene.folder / file)
            scene.expect(self.content, "nothing was written")
            # The same again is written over the same, and another's file beside it is not touched.
            scene.write(file + ".tmp", "mine")
            (scene.folder / file).chmod(0o640)
            if ROOT:
                os.chown(scene.folder / file, NOBODY, NOBODY)
            scene.run(*words, option, file)
            scene.succeeded(self.answer)
            now = (scene.folder / file).stat()
            scene.expect(stat.S_IMODE(now.st_mode) == 0o640, f"the mode is {now.st_mode:o}")
            scene.expect(not ROOT or now.st_uid == NOBODY, "the owner is another")
            scene.expect((scene.folder / (file + ".tmp")).read_text() == "mine", "another's file was taken")

    def into(self, scene, path, *more, **how):
        return scene.run(*self.words, self.option, path, *more, **how)


def refused(writer, name, prepare, force=()):
    """`prepare` makes the situation and gives the path; whatever is there stays as it is."""
    with Scene(f"{writer.name}, {name}") as scene:
        path = prepare(scene)
        look = lambda: [(p.name, p.lstat().st_mode, p.lstat().st_ino, text_of(p)) for p in sorted(scene.folder.iterdir())]
        before = look()
        writer.into(scene, path, *force)
        scene.failed(path, writer.answer)
        scene.expect(look() == before, "something changed")


def written(writer, name, prepare, force=(), seen=None):
    """`prepare` makes the situation and gives the path and the file where the content is to be found."""
    with Scene(f"{writer.name}, {name}") as scene:
        path, file = prepare(scene)
        link = path.is_symlink()
        writer.into(scene, path, *force)
        scene.succeeded(writer.answer)
        scene.expect(text_of(file) == writer.content, "the content is not there")
        scene.expect(path.is_symlink() == link, "the link is gone")


def made(call):
    """For a path: makes something there and gives the path."""
    def prepare(scene):
        path = scene.folder / "there"
        call(path, scene)
        return path
    return prepare


def make_socket(path, _):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(path))


def situations(writer):
    refuse = [
        ("a missing folder", lambda s: "nowhere/there"),
        ("a folder that is a file", lambda s: "notes.txt/there"),
        ("a folder", made(lambda p, s: p.mkdir())),
        ("a folder with a slash", lambda s: "./"),
        ("a person's file", lambda s: s.notes),
        ("a person's file, by a link", made(lambda p, s: p.symlink_to("notes.txt"))),
        ("a circle of links", made(lambda p, s: p.symlink_to("there"))),
        ("a link into a missing folder", made(lambda p, s: p.symlink_to("nowhere/x"))),
        ("a read-only file", made(lambda p, s: (p.write_bytes(writer.content), p.chmod(0o444)))),
        ("a socket", made(make_socket)),
        ("a device", lambda s: "/dev/urandom"),
        ("a full device", lambda s: "/dev/full"),
        ("a descriptor that is not open", lambda s: "/dev/fd/77"),
        ("a descriptor for reading", lambda s: "/dev/stdin"),
        ("a long name", lambda s: "x" * 300),
        ("a folder of the kernel", lambda s: "/proc/there"),
    ]
    if "e.afd" in writer.words:
        refuse += [
            ("the input", lambda s: s.input),
            ("the input, spelt otherwise", lambda s: f"../{s.folder.name}/./e.afd"),
            ("a link to the input", made(lambda p, s: p.symlink_to("e.afd"))),
            ("a hard link to the input", made(lambda p, s: p.hardlink_to(s.input))),
        ]
        for name, prepare in refuse[-4:]:
            refused(writer, name + ", forced", prepare, ["--force"])
    for name, prepare in refuse:
        refused(writer, name, prepare)
    there = lambda s: s.folder / "there"
    written(writer, "an empty file", lambda s: (there(s), s.write("there", "")))
    written(writer, "a person's file, forced", lambda s: (there(s), s.write("there", "old")), ["--force"])
    written(writer, "a link", lambda s: (there(s).symlink_to("real") or there(s), s.write("real", writer.content)))
    written(writer, "a link to nothing", lambda s: (there(s).symlink_to("real") or there(s), s.folder / "real"))
    written(writer, "a long name that fits", lambda s: (s.folder / ("x" * 255),) * 2)


def streams(writer):
    with Scene(f"{writer.name}, a pipe") as scene:
        pipe, got = scene.folder / "pipe", []
        os.mkfifo(pipe)
        reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
        reader.start()
        writer.into(scene, pipe)
        reader.join(10)
        scene.succeeded(writer.answer)
        scene.expect(got == [writer.content], "the reader got something else")
        scene.expect(pipe.is_fifo(), "the pipe is gone")
    with Scene(f"{writer.name}, /dev/null") as scene:
        writer.into(scene, "/dev/null")
        scene.succeeded(writer.answer)
        scene.expect(pathlib.Path("/dev/null").is_char_device(), "/dev/null is gone")
    with Scene(f"{writer.name}, /dev/stdout") as scene:
        writer.into(scene, "/dev/stdout")
        scene.succeeded(writer.content + writer.answer)
    with Scene(f"{writer.name}, a link to /dev/stdout that is a file") as scene:
        (scene.folder / "link").symlink_to("/dev/stdout")
        with open(scene.folder / "all", "wb") as out:
            code = subprocess.run([AFDC, *writer.words, writer.option, "link"], cwd=scene.folder, stdout=out).returncode
        scene.expect(code == 0, f"exit code {code}")
        scene.expect(text_of(scene.folder / "all") == writer.content + writer.answer, "one was written over the other")
    with Scene(f"{writer.name}, /dev/fd/N") as scene:
        with open(scene.folder / "there", "wb") as there:
            writer.into(scene, f"/dev/fd/{there.fileno()}", pass_fds=[there.fileno()])
        scene.succeeded(writer.answer)
        scene.expect(text_of(scene.folder / "there") == writer.content, "the content is not there")


def limits(writer):
    for old in (b"", writer.content):
        with Scene(f"{writer.name}, no room") as scene:
            path = scene.folder / "there"
            if old:
                path.write_bytes(old)
            writer.into(scene, path, under=["sh", "-c", 'ulimit -f 0 && exec "$@"', "sh"])
            scene.failed(path, writer.answer)
            scene.expect(text_of(path) == old and path.exists() == bool(old), "half a file")
    with Scene(f"{writer.name}, a full disk") as scene:
        # A file system of its own that nobody else sees; where the system lets us have none, there is nothing to see.
        (scene.folder / "full").mkdir()
        disk = """mount -t tmpfs -o size=4k none full 2>/dev/null || exit 77
            printf old > full/there; cat /dev/zero > full/filler 2>/dev/null
            "$@"; code=$?
            [ "$(cat full/there) $(ls -A full | tr '\\n' ' ')" = "old filler there " ] || exit 78
            exit $code"""
        writer.into(scene, "full/there", "--force", under=["unshare", "-rm", "sh", "-c", disk, "sh"])
        if scene.ran.returncode != 77 and b"unshare" not in scene.ran.stderr:
            scene.failed("full/there", writer.answer)
    if ROOT:
        with Scene(f"{writer.name}, another's folder") as scene:
            writer.into(scene, "there", user=NOBODY, group=NOBODY)
            scene.failed("there", writer.answer)


def faulty(name, prepare, judge):
    """Runs `prepare(scene)` (words of a command) again and again, its n-th call failing, until it makes no n-th call.
    `judge(scene, fault)` looks at what is left."""
    for fault in (errno.ENOSPC, "half", "kill"):
        for n in range(1, 60):
            with Scene(f"{name}, call {n}: {fault}") as scene:
                words = prepare(scene)
                scene.faulted = b"[fault]" in scene.run(*words, env={"LD_PRELOAD": str(SHIM), "ASAN_OPTIONS": "verify_asan_link_order=0",
                                                                   "AFDC_TEST_FAULT": f"{n}:{fault}"}).stderr
                judge(scene, fault)
            if not scene.faulted:
                break


def faults_of(writer):
    old = b"what was there\n"

    def prepare(scene):
        scene.write("there", old)
        return [*writer.words, writer.option, "there", "--force"]

    def judge(scene, fault):
        now, code = text_of(scene.folder / "there"), scene.ran.returncode
        scene.expect(now in (old, writer.content), "half a file")
        if fault == "kill":
            scene.expect(code in (0, -signal.SIGKILL), f"exit code {code}")
        elif code == 0 or fault == "half":
            scene.succeeded(writer.answer)
            scene.expect(now == writer.content, "the new content is not there")
        else:
            scene.failed("there", writer.answer)
            scene.expect(now == old, "the old content is gone")

    faulty(writer.name, prepare, judge)


def resume():
    """A search that has no file for its state is searched all the same; what is no state is not written over."""
    words = ["explore", "e.afd", "--resume"]
    with Scene("resume") as scene:
        answer = scene.run("explore", "e.afd").stdout
        scene.run(*words, "state")
        scene.succeeded(answer)
        scene.expect(not (scene.folder / "state").exists(), "a search that is done leaves its state")
    for path in ("nowhere/state", "notes.txt/state", "/dev/fd/77"):
        with Scene(f"resume, {path}") as scene:
            scene.run(*words, path)
            scene.failed(path, answer)
    for path in ("e.afd", "notes.txt", "."):
        with Scene(f"resume, {path}") as scene:
            scene.run(*words, path)
            scene.failed(path, b"")


def wait_for_handler(pid, number):
    """Until the search has begun: from then on it takes the signal itself."""
    for _ in range(3000):
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt:"))
        if caught >> (number - 1) & 1:
            return
        time.sleep(0.01)


def stopped():
    """A signal ends a search in order: with what it has, with its state kept, and with the shell's code for it."""
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        with Scene(f"a search that gets signal {number}") as scene:
            scene.write("long.afd", LONG)
            process = subprocess.Popen([AFDC, "explore", "long.afd", "--resume", "state", "--csv", "found.csv"],
                                       cwd=scene.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            wait_for_handler(process.pid, number)
            time.sleep(0.2)
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
            scene.expect(process.returncode == code, f"exit code {process.returncode}: {err.decode()}")
            scene.expect(b"keep their promises" in out, f"no answer: {out[:200]}")
            scene.expect(b"--resume state" in err, f"it does not say how to go on: {err.decode()}")
            scene.expect(text_of(scene.folder / "state").startswith(b'"afdc-search-1 '), "no state")
            scene.expect((scene.folder / "found.csv").is_file(), "no table")


def edited():
    """A scenario that a search wrote and somebody changed is that person's."""
    with Scene("explore --write, a scenario that was changed") as scene:
        answer = scene.run("explore", "e.afd", "--write", "best.afd").stdout
        best = scene.folder / "best.afd"
        mine = best.read_bytes().replace(b"tp = ", b"tp = 1 * ")
        best.write_bytes(mine)
        scene.run("explore", "e.afd", "--write", "best.afd")
        scene.failed("best.afd", answer)
        scene.expect(best.read_bytes() == mine, "the change is gone")
    with Scene("explore, one file for two outputs") as scene:
        scene.run("explore", "e.afd", "--html", "x", "--csv", "./x")
        scene.failed("x", answer)
        scene.expect(text_of(scene.folder / "x").startswith(b"<!doctype html>"), "the first one is not there")


def full_stdout():
    """An answer that nobody can read is an error with words, whatever the command."""
    for words in (["--help"], ["help", "eval"], ["eval", "e.afd"], ["check", "e.afd"], ["explore", "e.afd"],
                  ["fmt", "e.afd"], ["doc", "commands"], ["version"]):
        with Scene(f"{words[0]} to a full disk") as scene:
            with open("/dev/full", "wb") as full:
                ran = subprocess.run([AFDC, *words], cwd=scene.folder, stdout=full, stderr=subprocess.PIPE)
            scene.expect(ran.returncode == 2, f"exit code {ran.returncode}")
            scene.expect(b"cannot write the answer: No space left on device" in ran.stderr, ran.stderr.decode())


UGLY, NEAT = "edition 1\nlet   a=1\n", b"edition 1\nlet a = 1\n"


def formatting():
    def prepared(scene, mode=0o640):
        path = scene.write("ugly.afd", UGLY)
        path.chmod(mode)
        return path

    for name in ("ugly.afd", "link.afd"):
        with Scene(f"fmt -w {name}") as scene:
            path = prepared(scene)
            (scene.folder / "link.afd").symlink_to("ugly.afd")
            scene.run("fmt", "-w", name)
            scene.succeeded(b"")
            scene.expect(path.read_bytes() == NEAT, "it is not formatted")
            scene.expect(stat.S_IMODE(path.stat().st_mode) == 0o640, "the mode is another")
            scene.expect((scene.folder / "link.afd").is_symlink(), "the link is gone")
    with Scene("fmt -w, read-only") as scene:
        prepared(scene, 0o444)
        scene.run("fmt", "-w", "ugly.afd")
        scene.failed("ugly.afd", b"")

    def prepare(scene):
        prepared(scene)
        return ["fmt", "-w", "ugly.afd"]

    def judge(scene, fault):
        now, code = text_of(scene.folder / "ugly.afd"), scene.ran.returncode
        scene.expect(now in (UGLY.encode(), NEAT), "half a file")
        if fault not in ("kill", "half") and code != 0:
            scene.failed("ugly.afd", b"")
            scene.expect(now == UGLY.encode(), "written all the same")

    faulty("fmt -w", prepare, judge)


def files_below(folder):
    return {str(p.relative_to(folder)): os.readlink(p) if p.is_symlink() else p.read_bytes()
            for p in sorted(folder.rglob("*")) if p.is_symlink() or p.is_file()} if folder.is_dir() else {}


def emission():
    words = ["emit", "vllm", "e.afd", "s", "-o"]
    changed = [*words, "out", "--set", "deployment.main.parallel.tp=2"]
    with Scene("emit") as scene:
        scene.run(*words, "out")
        first = files_below(scene.folder / "out")
        scene.run(*changed)
        second = files_below(scene.folder / "out")
        scene.expect(len(first) >= 3 and first != second, f"{first.keys()}")
        some = next(name for name in first if name != "manifest.json")

    for name, path in (("a file for a folder", "notes.txt"), ("below a file", "notes.txt/out"),
                       ("a folder of the kernel", "/proc/nowhere"), ("/dev/null", "/dev/null")):
        with Scene(f"emit, {name}") as scene:
            scene.run(*words, path)
            scene.failed(path, b"")
    if ROOT:
        with Scene("emit, another's folder") as scene:
            scene.run(*words, "out", user=NOBODY, group=NOBODY)
            scene.failed("out", b"")
            scene.expect(not (scene.folder / "out").exists(), "a folder is left")

    def in_place(name, make, target=some, force=False):
        with Scene(f"emit, {name}{', forced' if force else ''}") as scene:
            out = scene.folder / "out"
            out.mkdir()
            make(out / target, scene)
            before = (out / target).lstat().st_mode, text_of(out / target) if not (out / target).is_fifo() else None
            scene.run(*words, "out", *(["--force"] if force else []))
            scene.failed(target, b"")
            now = (out / target).lstat().st_mode, text_of(out / target) if not (out / target).is_fifo() else None
            scene.expect(now == before and len(list(out.iterdir())) == 1, "something changed")

    for target in (some, "manifest.json"):
        in_place("a person's file", lambda p, s: p.write_text("{}"), target)
        for force in (False, True):
            in_place("a pipe", lambda p, s: os.mkfifo(p), target, force)
            in_place("a folder", lambda p, s: p.mkdir(), target, force)
            in_place("a link to the input", lambda p, s: p.symlink_to(s.input), target, force)
            in_place("a hard link to the input", lambda p, s: p.hardlink_to(s.input), target, force)
    in_place("a link to a person's file", lambda p, s: p.symlink_to(s.notes))
    in_place("a person's link to nothing", lambda p, s: p.symlink_to("nothing"))

    def again(scene):
        for name, content in first.items():
            scene.write(f"out/{name}", content)
        return changed

    def judge(scene, fault):
        out, code = scene.folder / "out", scene.ran.returncode
        now = {name: content for name, content in files_below(out).items() if ".afdc-" not in name}
        scene.expect(set(now) <= set(first) | set(second) and set(now) >= set(first) & set(second), f"files {set(now)}")
        scene.expect(all(now[name] in (first.get(name), second.get(name)) for name in now), "half a file")
        if fault not in ("kill", "half") and code != 0:
            err = scene.ran.stderr.decode()
            scene.expect(code == 2 and "cannot" in err and not scene.left_aside(), f"exit code {code}: {err}")
            scene.expect(now == first or "of the new files only" in err, f"it does not say what is there: {err}")
        if code != 0:  # what is left does not stand in the way of the next try
            scene.run(*changed)
            scene.expect(scene.ran.returncode == 0, scene.ran.stderr.decode())
            now = {name: content for name, content in files_below(out).items() if ".afdc-" not in name}
            scene.expect(now == second, "the next try does not make it good")

    faulty("emit", again, judge)


def other_writers():
    with Scene("import, a person's file") as scene:
        shutil.copytree(EXAMPLES / "measurements" / "kernels", scene.folder / "kernels")
        scene.run("import", "kernels", "kernels", "-o", "tables")
        tables = files_below(scene.folder / "tables")
        scene.expect(tables and scene.ran.returncode == 0, scene.ran.stderr.decode())
        for name in tables:
            (scene.folder / "tables" / name).write_text("mine")
        scene.run("import", "kernels", "kernels", "-o", "tables")
        scene.expect(scene.ran.returncode == 2 and next(iter(tables)) in scene.ran.stderr.decode(), "not refused")
        scene.expect(all(t == b"mine" for t in files_below(scene.folder / "tables").values()), "written over")
    for path in ("notes.txt", "nowhere/x.afd", "m.csv"):
        with Scene(f"calibrate -o {path}") as scene:
            table = "gpu,model,engine,tp,isl,osl,concurrency,tpot_ms\nH100,meta-llama/Llama-3.1-8B,vllm,1,1000,100,8,9\n"
            scene.write("m.csv", table)
            scene.run("calibrate", "m.csv", "-o", path)
            err = scene.ran.stderr.decode()
            scene.expect(scene.ran.returncode == 2 and path in err, f"exit code {scene.ran.returncode}: {err}")
            scene.expect(b"edition 1" in scene.ran.stdout, "what was fitted is not shown")
            scene.expect((scene.folder / "m.csv").read_text() == table, "the measurements are gone")


def main():
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", SHIM, HERE / "failing_calls.c", "-ldl"], check=True)
    explore = ["explore", "e.afd"]
    plan = ["plan", "Llama31_8B", "H100x8", "1000/200", "--slo", "tpot<1s", "--devices", "1", "--concurrency", "8"]
    tasks = [resume, stopped, edited, full_stdout, formatting, emission, other_writers]
    everything = (situations, streams, limits)
    for words, option, file, kinds in ((explore, "--html", "page.html", (streams, limits)),
                                       (explore, "--csv", "table.csv", everything),
                                       (explore, "--sqlite", "found.db", (*everything, faults_of)),
                                       (explore, "--write", "best.afd", (*everything, faults_of)),
                                       (plan, "--csv", "table.csv", (streams, limits))):
        writer = Writer(words, option, file)
        tasks += [lambda kind=kind, writer=writer: kind(writer) for kind in kinds]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for result in [pool.submit(task) for task in tasks]:
            if result.exception():
                failures.append("".join(traceback.format_exception(result.exception())))
    for f in failures:
        print(f)
    print(f"outputs: {done} situations, {len(failures)} failures")
    return 1 if failures or done < 200 else 0


with tempfile.TemporaryDirectory() as SCRATCH:
    os.chmod(SCRATCH, 0o755)
    SHIM = pathlib.Path(SCRATCH) / "failing_calls.so"
    sys.exit(main())
