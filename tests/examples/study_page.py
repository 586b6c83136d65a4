"""The tables in examples/when_does_disaggregation_pay/README.md are what the compiler says today.

    study_page.py AFDC FOLDER [--update]

A table stands between `<!-- FILE SEARCH: TITLE -->` and `<!-- end -->`; it is the one under TITLE in the Markdown report of that
search. With --update the page is rewritten.
"""
import pathlib
import re
import subprocess
import sys

PLACE = re.compile(r"(<!-- (\S+) (\S+): (.+?) -->\n)(.*?)(<!-- end -->)", re.S)


def table(report, search, title):
    part = re.split(r"^### ", report, flags=re.M)
    mine = next(p for p in part if p.split("\n", 1)[0] == search)
    return re.search(rf"\*\*{re.escape(title)}\*\*\n\n((?:\|.*\n)+)", mine).group(1)


def main():
    afdc, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    page = folder / "README.md"
    reports = {}
    wrong = []

    def today(match):
        head, file, search, title, old, end = match.groups()
        if file not in reports:
            run = subprocess.run([afdc, "explore", folder / file, "--format", "markdown"], capture_output=True, text=True)
            assert run.returncode == 0, run.stderr
            reports[file] = run.stdout
        new = table(reports[file], search, title)
        if new != old:
            wrong.append(f"{search}: {title}")
        return head + new + end

    text = page.read_text()
    fresh = PLACE.sub(today, text)
    assert reports, "the page has no tables"
    if "--update" in sys.argv:
        page.write_text(fresh)
    elif wrong:
        sys.exit(f"{page} is not what the compiler says (study_page.py --update rewrites it): " + ", ".join(wrong))


main()
