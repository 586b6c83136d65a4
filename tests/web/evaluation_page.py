"""The page of `afdc eval --html` in a real browser: each scenario has its own figures, those of the JSON.

Called with the compiler. Skips (exit code 77) where there is no Chromium to drive.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

from chromium import COLOURS, browser, check

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"


def main():
    afdc = sys.argv[1]
    folder = tempfile.TemporaryDirectory()
    path = pathlib.Path(folder.name) / "results.html"
    run = subprocess.run([afdc, "eval", EXAMPLES / "full_language.afd", "--html", path, "--format", "json"],
                         check=False, capture_output=True, text=True)
    results = json.loads(run.stdout)["results"]
    check(len(results) > 1, "several scenarios")

    page = browser()
    try:
        page.get(path.as_uri())
        check(not [e for e in page.get_log("browser") if e["level"] == "SEVERE"], "no errors on the console")
        check(page.execute_script("return performance.getEntriesByType('resource').length") == 0, "no network")
        check(all(colours > 4 for title, colours in page.execute_script(COLOURS)), "no figure is empty")
        for i, r in enumerate(results):
            words = page.execute_script("return document.getElementById(arguments[0]).textContent", f"result-{i}")
            check(r["scenario"] in words and r["bottleneck"] in words, f"{r['scenario']} has a section")
            labels = page.execute_script(
                "return [...document.querySelectorAll(`[data-result='${arguments[0]}'] canvas`)].map(c => c.getAttribute('aria-label'))", i)
            check(any(label.startswith("Memory of a device") for label in labels), f"{r['scenario']} has its memory")
            check(sum(label.startswith("Margins") for label in labels) == any(s["margin"] is not None for s in r["slo"]),
                  f"{r['scenario']} has its margins")
        for width in (375, 1300):
            page.set_window_size(width, 900)
            check(page.execute_script("return document.documentElement.scrollWidth <= innerWidth"), f"fits {width} pixels")
    finally:
        page.quit()


main()
