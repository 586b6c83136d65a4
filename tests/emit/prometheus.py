"""Rules for Prometheus: accepted and tested by promtool itself, with synthetic histograms of kept and broken promises."""
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from common import aggregated, emit, scenario  # noqa: E402

AFDC = sys.argv[1]
PROMTOOL = shutil.which("promtool") or sys.argv[2]
if not pathlib.Path(PROMTOOL).exists():
    print("skipped: no promtool")
    sys.exit(77)


def promtool(*arguments, cwd):
    run = subprocess.run([PROMTOOL, *arguments], cwd=cwd, capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def main():
    text = scenario(aggregated("Llama31_8B", "parallel { tp = 1 }", "vLLM"), slo="""
  expect mean(ttft) < 500 ms
  expect p50(ttft) <= 1 s
  expect p99(ttft) < 3 s
  expect mean(tpot) < 30 ms
  expect p90(tpot) < 50 ms
  expect mean(e2e) < 20 s
  expect throughput > 100 tok/s""")
    out = emit(AFDC, "prometheus", text)
    code, said = promtool("check", "rules", "rules.yml", cwd=out.folder)
    assert code == 0 and "12 rules found" in said, said
    code, said = promtool("test", "rules", "rules_test.yml", cwd=out.folder)
    assert code == 0 and "SUCCESS" in said, said
    # Bounds off the edges of buckets are said, and only of quantiles: 3 s lies between 2.5 and 5 s.
    assert "the bucket edges 2.5 and 5 s" in out.err, out.err
    assert out.err.count("bucket edges") == 1, out.err
    assert "`throughput > 100 tok/s`: no histogram" in out.err, out.err

    # The test fails where the rules are wrong: it tests something.
    rules = out.folder / "rules.yml"
    rules.write_text(rules.read_text().replace(">= 0.5", ">= 5000").replace("[5m]", "[5m]"))
    code, said = promtool("test", "rules", "rules_test.yml", cwd=out.folder)
    assert code != 0 and "FAILED" in said, said
    print("ok promtool accepts the rules, and its test tells kept promises from broken ones")


main()
