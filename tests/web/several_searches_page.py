"""The page of several searches in a real browser: each has its own section, pictures and figures, those of the JSON.

Called with the compiler, and with a folder for screenshots if somebody wants to look at them. Skips (exit code 77) where there is
no Chromium to drive.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

from chromium import COLOURS, By, WebDriverWait, browser, check

FILE = pathlib.Path(__file__).with_name("nine_searches.afd")
LOADS = {"coding": "Coding", "small": "AgenticCoding", "groups": "Decode4k"}  # of the others Chat

# What the page shows of each search: its words, the data of its pictures, and the pictures themselves.
SECTIONS = """
return [...document.querySelectorAll('article.search')].map(article => ({
  name: article.querySelector('h2').textContent,
  answer: article.querySelector('.answer').textContent,
  facts: Object.fromEntries([...article.querySelectorAll('.facts dt')].map(t => [t.textContent, t.nextElementSibling.textContent])),
  chosen: article.querySelector('.figures section').textContent,
  tables: [...article.querySelectorAll('section')].filter(s => s.querySelector('tr[data-point]')).map(s => ({
    title: s.querySelector('h3').textContent, note: s.querySelector('p')?.textContent ?? '',
    heads: [...s.querySelectorAll('th')].map(c => c.textContent),
    rows: [...s.querySelectorAll('tr[data-point]')].map(row => ({ point: Number(row.dataset.point), broken: row.classList.contains('broken'),
      selected: row.getAttribute('aria-selected') === 'true', cells: [...row.cells].map(c => c.textContent) })) })),
  charts: [...article.querySelectorAll('canvas')].map(canvas => {
    const { labels, datasets } = Chart.getChart(canvas).data;
    return { title: canvas.getAttribute('aria-label').split('.')[0], labels, picture: canvas.toDataURL(),
      sets: datasets.map(d => ({ label: d.label, data: d.data.map(v => v.p ? [v.p.point, v.x, v.y] : v) })) };
  }) }));"""
FITS = "return [innerWidth, document.documentElement.scrollWidth]"


def near(a, b):
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1)


def chart(section, title):
    found = [c for c in section["charts"] if c["title"] == title]
    assert len(found) == 1, f"{section['name']} has {len(found)} pictures `{title}`"
    return found[0]


def evaluated(afdc, folder, source):
    """What `afdc eval` says of a point, from the file that stands for it."""
    path = folder / "point.afd"
    path.write_text(source)
    run = subprocess.run([afdc, "eval", path, "--format", "json"], check=False, capture_output=True, text=True)
    return json.loads(run.stdout)["results"][0]


def offered(section, search):
    """The picture of what can be had is that of the search's own points."""
    want = [[p["point"], p["metrics"]["mean(interactivity)"], p["metrics"]["throughput_per_gpu"]]
            for space in search["spaces"] for list_ in ("offer", "keeping") for p in space[list_]]
    have = [point for one in chart(section, "What can be had")["sets"] for point in one["data"]]
    return sorted(want) == sorted(have)


def detailed(section, results):
    """The pictures of the chosen point are those of its own evaluation."""
    steps, memory = chart(section, "Where a step’s time goes"), chart(section, "Memory of a device")
    assert steps["labels"] == list(results["breakdown_s"]), steps["labels"]
    for i, step in enumerate(results["breakdown_s"].values()):
        for one in steps["sets"]:
            assert near(one["data"][i], 1e3 * step["by_class"].get(one["label"], 0)), (section["name"], one["label"])
    parts = {"weights": "weights_bytes", "KV cache": "kv_bytes", "activations": "activations_bytes", "reserve": "reserve_bytes"}
    for i, device in enumerate(results["memory"]):
        for one in memory["sets"]:
            if key := parts.get(one["label"]):
                assert near(one["data"][i], device[key] / 1e9), (section["name"], one["label"])
    margins = [s["margin"] for s in results["slo"] if s["margin"] is not None]
    have = [d for c in section["charts"] if c["title"] == "Margins to the promises" for d in c["sets"][0]["data"]]
    assert all(map(near, have, [100 * m for m in margins])) and len(have) == len(margins), section["name"]
    return results["bottleneck"] in section["chosen"]


def listed(section, search):
    """Each table has the rows of its list, and marks those that break promises in words."""
    lists = [search["best"], search["front"]] + [space["offer"] for space in search["spaces"]]
    if len(search["spaces"]) > 1:
        lists.insert(1, [p for space in search["spaces"] for p in space["best"]])
    lists = [one for one in lists if one]
    assert len(lists) == len(section["tables"]), section["name"]
    for points, table in zip(lists, section["tables"]):
        assert [p["point"] for p in points] == [row["point"] for row in table["rows"]], table["title"]
        for p, row in zip(points, table["rows"]):
            broken = p.get("breaks", [])
            assert row["broken"] == bool(broken) and ("✗" in row["cells"][-1]) == bool(broken), row
            assert all(text in row["cells"][-1] for text in broken), row
            assert len(row["cells"]) == len(table["heads"])
        for column in range(1, len(table["heads"])):
            same = len({row["cells"][column] for row in table["rows"]}) == 1
            assert not same or len(table["rows"]) == 1 or table["heads"][column] == "promises", f"{table['title']}: {table['heads'][column]}"
    return True


def size(page, width, height=900):
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                         {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})


def media(page, scheme, kind=""):
    page.execute_cdp_cmd("Emulation.setEmulatedMedia",
                         {"media": kind, "features": [{"name": "prefers-color-scheme", "value": scheme}]})


def look(page, name):
    if len(sys.argv) > 2:
        page.save_screenshot(str(pathlib.Path(sys.argv[2]) / f"{name}.png"))


def main():
    afdc = sys.argv[1]
    scratch = tempfile.TemporaryDirectory()
    folder = pathlib.Path(scratch.name)
    path = folder / "nine.html"
    run = subprocess.run([afdc, "explore", FILE, "--html", path, "--format", "json"], check=False, capture_output=True, text=True)
    searches = json.loads(run.stdout)["searches"]
    check(len(searches) == 9, "nine searches")
    check('<meta name="generator" content="afdc">' in path.read_text(), "the page says what wrote it")

    page = browser()
    try:
        size(page, 1280)
        page.get(path.as_uri())
        sections = page.execute_script(SECTIONS)
        check([s["name"] for s in sections] == [s["name"] for s in searches], "a section a search")
        check(all(colours > 4 for title, colours in page.execute_script(COLOURS)), "no figure is empty")
        check(page.execute_script("return performance.getEntriesByType('resource').length") == 0, "no network")
        for section, search in zip(sections, searches):
            name = search["name"]
            first = (search["best"] + search.get("nearest", []) + [None])[0]
            if not first:
                check(not section["charts"] and "No point" in section["answer"], f"{name}: no point has figures")
                continue
            results = evaluated(afdc, folder, first["source"])
            check(offered(section, search) and detailed(section, results) and listed(section, search), f"{name}: its own figures")
            facts = [("Model", results["model"]), ("Hardware", results["hardware"]), ("Load", LOADS.get(name, "Chat"))]
            facts += [("Promises", s["expect"]) for s in results["slo"]]
            check(all(said in section["facts"][head] for head, said in facts), f"{name}: what it is about")
            figures = (results["hardware"], f"{first['metrics']['throughput']:,.0f}".replace(",", "\u00a0"))
            check(section["answer"].startswith("Best: ") == bool(search["best"]), f"{name}: the answer says whether there is a best")
            check(not search["best"] or all(f in section["answer"] for f in figures), f"{name}: the best in words")

        links = page.find_elements(By.CSS_SELECTOR, "nav a")
        check([a.text for a in links] == [s["name"] for s in searches], "a table of contents")
        check(page.execute_script("return [...document.querySelectorAll('nav a')].every((a, i) => "
                                  "document.querySelector(a.hash) === document.querySelectorAll('article.search')[i])"), "leads to each")

        # Another point of the third search.
        third = next(table for table in sections[2]["tables"] if table["title"].startswith("Best"))
        button = page.find_elements(By.CSS_SELECTOR, "article.search")[2].find_elements(By.CSS_SELECTOR, "tr[data-point] button")[1]
        button.click()
        after = page.execute_script(SECTIONS)
        check([i for i in range(9) if sections[i] != after[i]] == [2], "a click changes the section that it is in, and no other")
        chosen = next(p for p in searches[2]["best"] if p["point"] == third["rows"][1]["point"])
        check(detailed(after[2], evaluated(afdc, folder, chosen["source"])), "and shows the figures of that point")
        marked = {row["point"] for table in after[2]["tables"] for row in table["rows"] if row["selected"]}
        check(marked == {chosen["point"]}, "whose rows are marked")

        ink = "return [getComputedStyle(document.body).backgroundColor, Chart.getChart(document.querySelector('canvas')).options.scales.x.ticks.color]"
        for scheme, width in (("light", 1920), ("light", 1280), ("light", 375), ("dark", 375)):
            media(page, scheme)
            size(page, width)
            inner, scrolled = page.execute_script(FITS)
            check(inner == width and scrolled <= width, f"{scheme}, {width} pixels: no scrolling to the side ({scrolled})")
            look(page, f"{scheme}-{width}")
            if scheme == "light":
                light = page.execute_script(ink)
        # Pictures follow when the page is drawn next.
        WebDriverWait(page, 10).until(lambda _: all(map(str.__ne__, page.execute_script(ink), light)), "dark and light, pictures too")
        print("ok dark and light, pictures too")
        media(page, "dark", "print")
        WebDriverWait(page, 10).until(lambda _: page.execute_script(ink) == light, "paper is light")
        print("ok paper is light")
        # Reading pixels back is this test's doing.
        errors = [entry for entry in page.get_log("browser")
                  if entry["level"] in ("SEVERE", "WARNING") and "willReadFrequently" not in entry["message"]]
        check(not errors, f"no errors in the console {errors}")
    finally:
        page.quit()


main()
