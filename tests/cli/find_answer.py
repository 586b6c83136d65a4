"""A found number keeps the promises; one percent less does not."""
import json
import subprocess
import sys

afdc, source, answer = sys.argv[1:]
found = json.load(open(answer))["searches"][0]["points"][0]["found"][0]
assert found["path"].endswith("hbm.bandwidth") and found["sense"] == "minimum" and found["found"] == "value", found


def verdict(bandwidth):
    run = subprocess.run([afdc, "eval", source, "--format", "json", "--set", f"{found['path']}={bandwidth} B/s"],
                         capture_output=True, text=True)
    return json.loads(run.stdout)["results"][0]["slo"][0]["verdict"]


assert verdict(found["value"]) == "pass", found
assert verdict(found["value"] * 0.99) == "fail", found
